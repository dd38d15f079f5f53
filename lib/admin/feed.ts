import { setTimeout as delay } from 'node:timers/promises';

interface FeedOptions {
  readonly everyMs: number;
  readonly sample: () => Promise<string>;
  /** Has all readers end. */
  readonly until: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/**
 * The same samples for all who read, taken while somebody does. A reader that is slow misses some, and holds up nobody.
 */
export class Feed {
  readonly #options: FeedOptions;
  #readers = 0;
  #isRunning = false;
  #next = Promise.withResolvers<string | undefined>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Gives a sample at once, then each that is taken. */
  async *read(): AsyncGenerator<string> {
    this.#readers += 1;
    if (!this.#isRunning) void this.#run();
    try {
      for (let sample = await this.#sample(); sample !== undefined; sample = await this.#following())
        yield sample;
    } finally {
      this.#readers -= 1;
    }
  }

  async #run(): Promise<void> {
    const { everyMs, until: signal } = this.#options;
    this.#isRunning = true;
    while (this.#readers > 0 && !signal.aborted) {
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined); // aborted
      if (this.#readers > 0) this.#publish(signal.aborted ? undefined : await this.#sample());
    }
    this.#isRunning = false;
    this.#publish(undefined);
  }

  /** Undefined where there is none: all have ended while the last one was being read. */
  async #following(): Promise<string | undefined> {
    return this.#isRunning ? this.#next.promise : undefined;
  }

  #publish(sample: string | undefined): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve(sample);
  }

  /** Undefined where there is none, which ends all readers: they may come again. */
  async #sample(): Promise<string | undefined> {
    try {
      return await this.#options.sample();
    } catch (error) {
      this.#options.onError(error);
      return undefined;
    }
  }
}
