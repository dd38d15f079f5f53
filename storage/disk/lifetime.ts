/** How long files last: until they are deleted, or for so many milliseconds. */
export class Lifetime {
  readonly #ms: number | undefined;

  constructor(ms: number | undefined) {
    this.#ms = ms;
  }

  /** Whether a file may go before somebody deletes it. */
  get isLimited(): boolean {
    return this.#ms !== undefined;
  }

  /** Files from before then are over: milliseconds since 1970. */
  get bornSince(): number {
    return this.#ms === undefined ? 0 : Date.now() - this.#ms;
  }

  /** Whether there is one, and it is not over. */
  has<Dated extends { readonly modifiedAt: number }>(record: Dated | undefined): record is Dated {
    return record !== undefined && record.modifiedAt >= this.bornSince;
  }
}
