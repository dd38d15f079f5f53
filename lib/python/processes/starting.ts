import { WorkerFailure } from '../workers/worker-failure.ts';
import type { Child } from './child.ts';
import { ZygoteGone } from './lease.ts';

export interface StartingOptions {
  /** Starts a process; undefined when it ended before it was ready. */
  readonly fork: () => Promise<Child | undefined>;
  /** Called when none could be started and no call has waited for it. */
  readonly onFailure: (failure: WorkerFailure) => void;
}

/** How long after a child that ended before it was ready the next one is started, doubled each time. */
const firstDelayMs = 50;
const maxDelayMs = 10_000;

/** Children that wait for a call, and calls that wait for a child. */
export class Starting {
  readonly #options: StartingOptions;
  readonly #ready: Child[] = [];
  readonly #waiting: PromiseWithResolvers<Child>[] = [];
  #starting = 0;
  #returning = 0;
  #wanted = 0;
  #delayMs = firstDelayMs;
  #closed = false;

  constructor(options: StartingOptions) {
    this.#options = options;
  }

  get idlePids(): number[] {
    return this.#ready.map(({ pid }) => pid);
  }

  /** The next ready child. @throws as `Pool.take` */
  async take(): Promise<Child> {
    if (this.#closed) throw new ZygoteGone();
    const child = this.#ready.shift();
    if (child) return child;
    const waiter = Promise.withResolvers<Child>();
    this.#waiting.push(waiter);
    this.replenish(this.#wanted);
    return waiter.promise;
  }

  /** Whether a child is being started. */
  get busy(): boolean {
    return this.#starting > 0;
  }

  /** Starts as many children as are waited for, and more until so many are ready. */
  replenish(wanted: number): void {
    this.#wanted = wanted;
    if (this.#closed) return;
    const missing = this.#waiting.length + wanted - this.#ready.length - this.#starting - this.#returning;
    for (let started = 0; started < missing; started += 1) void this.start();
  }

  /** A child that will be ready in a moment, when it comes to that: a call that waits is to have it. */
  async expect(returning: Promise<Child | undefined>): Promise<void> {
    this.#returning += 1;
    const child = await returning.finally(() => (this.#returning -= 1));
    if (child) this.offer(child);
    else this.replenish(this.#wanted);
  }

  /** A ready child, for the call that waits longest or for the next. */
  offer(child: Child): void {
    if (this.#closed) return child.connection.close();
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(child);
    else this.#ready.push(child);
  }

  /** Whether the child waited for a call, which it does no more. */
  withdraw(child: Child): boolean {
    const index = this.#ready.indexOf(child);
    if (index >= 0) this.#ready.splice(index, 1);
    return index >= 0;
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new ZygoteGone());
    for (const child of this.#ready.splice(0)) child.connection.close();
  }

  /** Starts one more. */
  async start(): Promise<void> {
    this.#starting += 1;
    const child = await this.#fork();
    this.#starting -= 1;
    if (child) {
      this.#delayMs = firstDelayMs;
      this.offer(child);
      void child.connection.closed.then(() => {
        if (this.withdraw(child)) this.replenish(this.#wanted);
      });
    } else {
      setTimeout(() => this.replenish(this.#wanted), this.#delayMs).unref();
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

  #fail(failure: WorkerFailure): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.reject(failure);
    else if (!this.#closed) this.#options.onFailure(failure);
  }
}
