interface ItemStreamOptions {
  readonly invocationId: string;
  readonly queueMs: number;
  /** The next item; undefined at the end. Throws why there are no more. */
  readonly next: () => Promise<Buffer | undefined>;
  readonly cancel: () => void;
}

/**
 * The items of a generator as JSON, each when it is asked for: the generator waits meanwhile. Leaving the loop over them
 * ends the call and its processes.
 */
export class ItemStream implements AsyncIterableIterator<Buffer, undefined> {
  readonly invocationId: string;
  readonly queueMs: number;
  readonly #options: ItemStreamOptions;

  constructor(options: ItemStreamOptions) {
    this.invocationId = options.invocationId;
    this.queueMs = options.queueMs;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws {Problem} why there are no more items. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    const value = await this.#options.next();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#options.cancel();
    return { done: true, value: undefined };
  }
}
