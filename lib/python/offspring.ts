import { type Child, type ChildEnd, ChildOutput, type OutputSink } from './child.ts';
import { Connection } from './connection.ts';
import { type Frame, FrameKind } from './frames.ts';
import { readExit, readLogChunk } from './messages.ts';
import { readiness } from './readiness.ts';
import { removeDirectory } from './temporary-directory.ts';

interface OffspringOptions {
  /** The zygote's control connection. */
  readonly control: Connection;
  /** Gets what a process writes that serves no call yet. */
  readonly sink: (pid: number) => OutputSink;
}

/** The processes of one zygote: forks them, and hears on its control connection what they write and how they end. */
export class Offspring {
  readonly #options: OffspringOptions;
  readonly #ends = new Map<number, PromiseWithResolvers<ChildEnd>>();
  readonly #outputs = new Map<number, ChildOutput>();
  readonly #syncs = new Map<number, (cpuMs: number) => void>();

  constructor(options: OffspringOptions) {
    const { control } = options;
    this.#options = options;
    control.onFrame = (frame) => this.#receive(frame);
    void control.closed.then(() => this.#lost());
  }

  /**
   * A new process of those that one of the zygote's sockets gives, when it is ready; undefined when it ended before.
   * Where there are variables, it is told them first.
   *
   * @throws {WorkerFailure} it says why it cannot serve.
   */
  async fork(socket: string, variables?: Readonly<Record<string, string>>): Promise<Child | undefined> {
    const { control } = this.#options;
    const connection = await Connection.open(socket);
    if (variables) connection.sendJson(FrameKind.prepare, variables);
    const ready = await readiness(connection);
    if (!ready) return undefined;
    const { pid, directory } = ready;
    const { promise: ended } = this.#end(pid); // the report of its end may even have come first
    void ended.then(() => this.#ends.delete(pid));
    const id = Buffer.alloc(4);
    id.writeUInt32BE(pid);
    const sync = async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      this.#syncs.set(pid, resolve);
      control.send(FrameKind.sync, id);
      return Promise.race([promise, ended.then(() => 0)]);
    };
    return {
      pid,
      directory,
      connection,
      ended,
      output: this.#output(pid),
      sync,
      terminate: () => control.send(FrameKind.terminate, id),
      kill: () => control.send(FrameKind.kill, id),
    };
  }

  #receive(frame: Frame): void {
    if (frame.kind === FrameKind.log) {
      const { pid, stream, data } = readLogChunk(frame);
      this.#output(pid).lines.write(stream, data);
    } else if (frame.kind === FrameKind.sync) {
      const pid = frame.payload.readUInt32BE(0);
      this.#synced(pid, frame.payload.readUInt32BE(4));
    } else if (frame.kind === FrameKind.exited) {
      const exit = readExit(frame);
      this.#output(exit.pid).lines.end();
      this.#outputs.delete(exit.pid);
      this.#synced(exit.pid, 0);
      this.#end(exit.pid).resolve({ kind: 'exited', exit });
      if (exit.leftover) void removeDirectory(exit.leftover);
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
    for (const pid of this.#syncs.keys()) this.#synced(pid, 0);
  }

  #synced(pid: number, cpuMs: number): void {
    this.#syncs.get(pid)?.(cpuMs);
    this.#syncs.delete(pid);
  }
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
