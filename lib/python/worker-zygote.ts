import type { Log } from '#lib/log';

import type { BaseZygote } from './base-zygote.ts';
import type { Child, OutputSink } from './child.ts';
import { FrameKind } from './frames.ts';
import {
  type DescribedFunction,
  describeStatus,
  failedMessage,
  type ImportFailure,
  loadedMessage,
  readMessage,
} from './messages.ts';
import { Offspring } from './offspring.ts';

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

/** Which worker a process becomes the zygote of. */
export interface OpenOrder {
  readonly name: string;
  readonly file: string;
  /** Where it is to listen. */
  readonly socket: string;
  /** Where its children get their temporary directories. */
  readonly directory: string;
}

interface WorkerZygoteOptions {
  readonly order: OpenOrder;
  readonly importTimeoutMs: number;
  /** Children that wait ready, beyond those that serve. */
  readonly spares: number;
  readonly log: Log;
}

/** How long after a child that ended before it was ready the next one is started. */
const restartDelayMs = 50;

/** A process that has imported one worker file and forks a child for each call, ahead of need. */
export class WorkerZygote {
  readonly functions: ReadonlyMap<string, DescribedFunction>;
  readonly #process: Child;
  readonly #spares: number;
  readonly #offspring: Offspring;
  readonly #ready: Child[] = [];
  readonly #waiting: PromiseWithResolvers<Child>[] = [];
  #starting = 0;
  #serving = 0;
  #retired = false;

  private constructor(
    process: Child,
    functions: readonly DescribedFunction[],
    { order, spares, log }: WorkerZygoteOptions,
  ) {
    const sink =
      (pid: number): OutputSink =>
      (message) =>
        log.info({ message, worker: order.name, pid });
    this.#process = process;
    this.#spares = spares;
    this.#offspring = new Offspring({ control: process.connection, socket: order.socket, sink });
    this.functions = new Map(functions.map((described) => [described.name, described]));
    void process.connection.closed.then(() => this.#rejectWaiting());
    this.#replenish();
  }

  /** @throws {WorkerImportError} */
  static async load(base: BaseZygote, options: WorkerZygoteOptions): Promise<WorkerZygote> {
    const { order, importTimeoutMs, log } = options;
    const process = await base.fork();
    process.output.redirect((message, stream) => log.info({ message, worker: order.name, stream }));
    process.connection.sendJson(FrameKind.open, order);
    const timer = setTimeout(() => process.kill(), importTimeoutMs);
    const answer = await process.connection.next();
    clearTimeout(timer);
    const loaded = answer?.kind === FrameKind.loaded ? readMessage(loadedMessage, answer) : undefined;
    if (loaded) return new WorkerZygote(process, loaded.functions, options);
    const failure = answer?.kind === FrameKind.failed ? readMessage(failedMessage, answer) : undefined;
    throw new WorkerImportError(failure ?? (await endedInImport(process, order.file)));
  }

  /** Whether it takes no more calls. */
  get gone(): boolean {
    return this.#retired || this.#process.connection.ended;
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
    this.#rejectWaiting();
    for (const child of this.#ready.splice(0)) child.connection.close();
    if (this.#serving === 0) this.#process.connection.close();
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
    else if (this.#serving === 0) this.#process.connection.close();
  }

  /** Starts as many children as wait to be taken, plus the spares. */
  #replenish(): void {
    if (this.gone) return;
    const missing = this.#waiting.length + this.#spares - this.#ready.length - this.#starting;
    for (let started = 0; started < missing; started += 1) void this.#start();
  }

  async #start(): Promise<void> {
    this.#starting += 1;
    const child = await this.#offspring.fork().catch(() => undefined);
    this.#starting -= 1;
    if (child) this.#offer(child);
    else setTimeout(() => this.#replenish(), restartDelayMs);
  }

  #offer(child: Child): void {
    if (this.#retired) return child.connection.close();
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(child);
    else this.#ready.push(child);
    void child.connection.closed.then(() => this.#withdraw(child));
  }

  /** A child that has ended while it waited is not offered any more. */
  #withdraw(child: Child): void {
    const index = this.#ready.indexOf(child);
    if (index < 0) return;
    this.#ready.splice(index, 1);
    this.#replenish();
  }

  #rejectWaiting(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new ZygoteGone());
  }
}

async function endedInImport(process: Child, file: string): Promise<ImportFailure> {
  const end = await process.ended;
  const how = end.kind === 'exited' ? ` with ${describeStatus(end.exit.status)}` : '';
  return { message: `its process ended${how} while it imported`, file, line: null, traceback: '' };
}
