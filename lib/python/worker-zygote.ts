import { rm } from 'node:fs/promises';

import type { Log } from '#lib/log';

import type { BaseZygote, OpenOrder } from './base-zygote.ts';
import { type Child, type ChildEnd, ChildOutput } from './child.ts';
import { Connection, sendKill } from './connection.ts';
import { type Frame, FrameKind } from './frames.ts';
import {
  type DescribedFunction,
  exitedMessage,
  failedMessage,
  type ImportFailure,
  loadedMessage,
  readLogChunk,
  readMessage,
  readyMessage,
} from './messages.ts';

/** A worker file that does not import. */
export class WorkerImportError extends Error {
  override readonly name = 'WorkerImportError';
  readonly failure: ImportFailure;

  constructor(failure: ImportFailure) {
    const file = failure.file.replace(/^.*\/(?=workers\/)/, ''); // as the user knows it
    super(`${failure.message} (${file}${failure.line === null ? '' : `, line ${failure.line}`})`);
    this.failure = failure;
  }
}

/** The zygote ended before a child was ready: nothing was started, the call may go to the next one. */
export class ZygoteGone extends Error {
  override readonly name = 'ZygoteGone';
}

interface WorkerZygoteOptions {
  readonly order: OpenOrder;
  readonly importTimeoutMs: number;
  /** Children that wait ready, beyond those that serve. */
  readonly spares: number;
  readonly log: Log;
}

/** A process that has imported one worker file and forks a child for each call, ahead of need. */
export class WorkerZygote {
  readonly functions: ReadonlyMap<string, DescribedFunction>;
  readonly #control: Connection;
  readonly #options: WorkerZygoteOptions;
  readonly #ready: Child[] = [];
  readonly #waiting: PromiseWithResolvers<Child>[] = [];
  readonly #ends = new Map<number, PromiseWithResolvers<ChildEnd>>();
  readonly #outputs = new Map<number, ChildOutput>();
  #starting = 0;
  #serving = 0;
  #retired = false;

  private constructor(
    control: Connection,
    functions: readonly DescribedFunction[],
    options: WorkerZygoteOptions,
  ) {
    this.#control = control;
    this.#options = options;
    this.functions = new Map(functions.map((described) => [described.name, described]));
    control.onFrame = (frame) => this.#receive(frame);
    void control.closed.then(() => this.#lost());
    this.#replenish();
  }

  /** @throws {WorkerImportError} */
  static async load(base: BaseZygote, options: WorkerZygoteOptions): Promise<WorkerZygote> {
    const { order, importTimeoutMs } = options;
    const control = await base.open(order);
    const timer = setTimeout(() => control.close(), importTimeoutMs);
    const answer = await control.next();
    clearTimeout(timer);
    const loaded = answer?.kind === FrameKind.loaded ? readMessage(loadedMessage, answer) : undefined;
    if (loaded) return new WorkerZygote(control, loaded.functions, options);
    control.close();
    const failure = answer?.kind === FrameKind.failed ? readMessage(failedMessage, answer) : undefined;
    throw new WorkerImportError(
      failure ?? {
        message: 'its process ended while it imported',
        file: order.file,
        line: null,
        traceback: '',
      },
    );
  }

  /** Whether it takes no more calls. */
  get gone(): boolean {
    return this.#retired || this.#control.ended;
  }

  /** A waiting child, for what an idle one holds. */
  idlePid(): number | undefined {
    return this.#ready[0]?.pid;
  }

  /**
   * A ready child, now the caller's.
   *
   * @throws {ZygoteGone}
   */
  async take(): Promise<Child> {
    if (this.gone) throw new ZygoteGone();
    const child = this.#ready.shift() ?? (await this.#next());
    this.#serving += 1;
    void child.ended.then(() => this.#served());
    return child;
  }

  /** Takes no new calls; the process ends with its last call. */
  retire(): void {
    this.#retired = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new ZygoteGone());
    for (const child of this.#ready.splice(0)) child.connection.close();
    if (this.#serving === 0) this.#control.close();
  }

  async #next(): Promise<Child> {
    const waiter = Promise.withResolvers<Child>();
    this.#waiting.push(waiter);
    this.#replenish();
    return waiter.promise;
  }

  #served(): void {
    this.#serving -= 1;
    if (!this.#retired) this.#replenish();
    else if (this.#serving === 0) this.#control.close();
  }

  /** Starts as many children as wait to be taken, plus the spares. */
  #replenish(): void {
    if (this.gone) return;
    const missing = this.#waiting.length + this.#options.spares - this.#ready.length - this.#starting;
    for (let started = 0; started < missing; started += 1) void this.#start();
  }

  async #start(): Promise<void> {
    this.#starting += 1;
    const child = await this.#fork().catch(() => undefined);
    this.#starting -= 1;
    if (child) this.#offer(child);
    else if (!this.gone) setTimeout(() => this.#replenish(), 50); // it died before it was ready: not at once again
  }

  async #fork(): Promise<Child | undefined> {
    const connection = await Connection.open(this.#options.order.socket);
    const frame = await connection.next();
    const ready = frame?.kind === FrameKind.ready ? readMessage(readyMessage, frame) : undefined;
    if (!ready) return undefined;
    const { pid } = ready;
    const { promise: ended } = this.#end(pid); // the report of its end may even have come first
    void ended.then(() => this.#ends.delete(pid));
    return { pid, connection, ended, output: this.#output(pid), kill: () => sendKill(this.#control, pid) };
  }

  #offer(child: Child): void {
    if (this.#retired) return child.connection.close();
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(child);
    else this.#ready.push(child);
    void child.connection.closed.then(() => {
      const index = this.#ready.indexOf(child);
      if (index >= 0) this.#ready.splice(index, 1);
      this.#replenish();
    });
  }

  #receive(frame: Frame): void {
    if (frame.kind === FrameKind.log) {
      const { pid, stream, data } = readLogChunk(frame);
      this.#output(pid).lines.write(stream, data);
    } else if (frame.kind === FrameKind.exited) {
      const exit = readMessage(exitedMessage, frame);
      if (!exit) return;
      this.#output(exit.pid).lines.end();
      this.#end(exit.pid).resolve({ kind: 'exited', exit });
      this.#outputs.delete(exit.pid);
      if (exit.leftover) void rm(exit.leftover, { recursive: true, force: true });
    }
  }

  #end(pid: number): PromiseWithResolvers<ChildEnd> {
    return getOrCreate(this.#ends, pid, () => Promise.withResolvers<ChildEnd>());
  }

  #output(pid: number): ChildOutput {
    const { order, log } = this.#options;
    return getOrCreate(
      this.#outputs,
      pid,
      () => new ChildOutput((message) => log.info({ message, worker: order.name, pid })),
    );
  }

  #lost(): void {
    for (const { resolve } of this.#ends.values()) resolve({ kind: 'lost' });
    for (const { reject } of this.#waiting.splice(0)) reject(new ZygoteGone());
    this.#outputs.clear();
  }
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
