import type { Child } from './child.ts';
import { WorkerFailure } from './worker-failure.ts';

/** The zygote ended before a child was ready: nothing was started, the call may go to the next one. */
export class ZygoteGone extends Error {
  override readonly name = 'ZygoteGone';
}

interface ChildPoolOptions {
  /** Starts a process; undefined when it ended before it was ready. */
  readonly fork: () => Promise<Child | undefined>;
  /** Processes that wait ready, beyond those that serve. */
  readonly spares: number;
  /** Called when none could be started and no call has waited for it. */
  readonly onFailure: (failure: WorkerFailure) => void;
}

/** How long after a child that ended before it was ready the next one is started, doubled each time. */
const firstDelayMs = 50;
const maxDelayMs = 10_000;

/** Children of one profile, forked ahead of need. */
export class ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #ready: Child[] = [];
  readonly #waiting: PromiseWithResolvers<Child>[] = [];
  #starting = 0;
  #delayMs = firstDelayMs;
  #closed = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.replenish();
  }

  /** A child that waits, for what an idle one holds. */
  get idlePid(): number | undefined {
    return this.#ready[0]?.pid;
  }

  /**
   * A ready child, now the caller's.
   *
   * @throws {ZygoteGone} the pool is closed.
   * @throws {WorkerFailure} a child says why it cannot serve.
   */
  async take(): Promise<Child> {
    if (this.#closed) throw new ZygoteGone();
    const child = this.#ready.shift();
    if (child) return child;
    const waiter = Promise.withResolvers<Child>();
    this.#waiting.push(waiter);
    this.replenish();
    return waiter.promise;
  }

  /** Starts as many children as are waited for, plus the spares. */
  replenish(): void {
    if (this.#closed) return;
    const missing = this.#waiting.length + this.#options.spares - this.#ready.length - this.#starting;
    for (let started = 0; started < missing; started += 1) void this.#start();
  }

  /** Ends the children that wait for a call. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new ZygoteGone());
    for (const child of this.#ready.splice(0)) child.connection.close();
  }

  async #start(): Promise<void> {
    this.#starting += 1;
    const child = await this.#fork();
    this.#starting -= 1;
    if (child) {
      this.#delayMs = firstDelayMs;
      this.#offer(child);
    } else {
      setTimeout(() => this.replenish(), this.#delayMs).unref();
      this.#delayMs = Math.min(2 * this.#delayMs, maxDelayMs);
    }
  }

  async #fork(): Promise<Child | undefined> {
    try {
      return await this.#options.fork();
    } catch (error) {
      if (error instanceof WorkerFailure) this.#fail(error);
      return undefined; // any other is that of a zygote that has just died, which ends the pool as well
    }
  }

  #fail(error: WorkerFailure): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.reject(error);
    else this.#options.onFailure(error);
  }

  #offer(child: Child): void {
    if (this.#closed) return child.connection.close();
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
    this.replenish();
  }
}
