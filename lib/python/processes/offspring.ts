import { dirname, normalize } from 'node:path';

import { Connection } from '../wire/connection.ts';
import { type Frame, FrameKind } from '../wire/frames.ts';
import { WorkerFailure } from '../workers/worker-failure.ts';
import { type Child, type ChildEnd, ChildOutput, orKill, type OutputSink } from './child.ts';
import { describeStatus, readExit, readLogChunk, type Ready } from './process-messages.ts';
import { readiness } from './readiness.ts';
import { removeDirectory } from './temporary-directory.ts';

interface OffspringOptions {
  /** The zygote's control connection. */
  readonly control: Connection;
  /** The zygote's own directory: its processes have theirs in it, and nothing else is removed for one. */
  readonly directory: string;
  /** Gets what a process writes that serves no call yet. */
  readonly sink: (pid: number) => OutputSink;
}

/** The processes of one zygote: forks them, and hears on its control connection what they write and how they end. */
export class Offspring {
  readonly #options: OffspringOptions;
  readonly #ends = new Map<number, PromiseWithResolvers<ChildEnd>>();
  readonly #outputs = new Map<number, ChildOutput>();
  readonly #syncs = new Map<number, () => void>();

  constructor(options: OffspringOptions) {
    const { control } = options;
    this.#options = options;
    control.listen((frame) => this.#receive(frame));
    void control.closed.then(() => this.#lost());
  }

  /** A new process of those that one of the zygote's sockets gives, when it is ready; undefined when it ended before. */
  async fork(socket: string): Promise<Child | undefined> {
    const connection = await Connection.open(socket);
    const ready = await readiness(connection);
    if (ready && this.#isOwn(ready.directory)) return this.#child(connection, ready);
    connection.close();
    return undefined;
  }

  /**
   * The same for a process that is told variables, and runs the worker's hooks, before it is ready.
   *
   * @throws {WorkerFailure} it says why it cannot serve, or ends, or takes longer than `timeoutMs`.
   */
  async forkPrepared(
    socket: string,
    variables: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<Child | undefined> {
    const child = await this.fork(socket);
    if (!child) return undefined;
    child.connection.sendJson(FrameKind.prepare, variables);
    return prepared(child, timeoutMs);
  }

  #child(connection: Connection, { pid, directory, imports }: Ready): Child {
    const { control } = this.#options;
    const { promise: ended } = this.#end(pid); // the report of its end may even have come first
    void ended.then(() => this.#ends.delete(pid));
    const id = Buffer.alloc(4);
    id.writeUInt32BE(pid);
    return {
      pid,
      directory,
      imports,
      connection,
      ended,
      output: this.#output(pid),
      sync: async () => Promise.race([this.#sync(pid, id), ended.then(() => {})]),
      terminate: () => control.send(FrameKind.terminate, id),
      kill: () => control.send(FrameKind.kill, id),
    };
  }

  async #sync(pid: number, id: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#syncs.set(pid, resolve);
    this.#options.control.send(FrameKind.sync, id);
    return promise;
  }

  /** A zygote runs a worker's code, so what it says of directories is not believed. */
  #isOwn(directory: string): boolean {
    return dirname(normalize(directory)) === this.#options.directory;
  }

  #receive(frame: Frame): void {
    if (frame.kind === FrameKind.log) {
      const { pid, stream, data } = readLogChunk(frame);
      this.#output(pid).lines.write(stream, data);
    } else if (frame.kind === FrameKind.sync) {
      this.#synced(frame.payload.readUInt32BE(0));
    } else if (frame.kind === FrameKind.exited) {
      const exit = readExit(frame);
      this.#output(exit.pid).lines.end();
      this.#outputs.delete(exit.pid);
      this.#synced(exit.pid);
      this.#end(exit.pid).resolve({ kind: 'exited', exit });
      if (exit.leftover && this.#isOwn(exit.leftover)) void removeDirectory(exit.leftover);
    }
  }

  #end(pid: number): PromiseWithResolvers<ChildEnd> {
    return getOrCreate(this.#ends, pid, () => Promise.withResolvers<ChildEnd>());
  }

  #output(pid: number): ChildOutput {
    return getOrCreate(this.#outputs, pid, () => new ChildOutput(this.#options.sink(pid)));
  }

  #lost(): void {
    for (const { resolve } of this.#ends.values()) resolve({ kind: 'lost' });
    this.#outputs.clear();
    for (const pid of this.#syncs.keys()) this.#synced(pid);
  }

  #synced(pid: number): void {
    this.#syncs.get(pid)?.();
    this.#syncs.delete(pid);
  }
}

/**
 * A process that has been told what it needs, when it is ready; undefined when its zygote has gone with it.
 *
 * @throws {WorkerFailure} it says why it cannot serve, or ends, or takes longer than `timeoutMs`.
 */
export async function prepared(child: Child, timeoutMs: number): Promise<Child | undefined> {
  const ready = await orKill(child, timeoutMs, readiness(child.connection));
  if (ready) {
    await child.sync(); // so that what a hook has said is no call's
    child.output.lines.end();
    return { ...child, imports: ready.imports };
  }
  child.kill(); // it may have closed its connection and live on
  const end = await child.ended;
  if (end.kind === 'lost') return undefined;
  const message = `its process ended with ${describeStatus(end.exit.status)} before it was ready`;
  throw new WorkerFailure({ message, file: '', line: null, traceback: '' });
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
