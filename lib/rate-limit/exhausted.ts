/** When there are more, those whose time is over are forgotten. */
const sweepSize = 10_000;

/** Who has used up a quota, and until when: they can be refused without being counted. */
export class Exhausted {
  /** By id, as `performance.now()` has it. */
  readonly #until = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#until.size === 0;
  }

  add(id: string, leftMs: number): void {
    const now = performance.now();
    if (this.#until.size >= sweepSize)
      for (const [each, until] of this.#until) if (until <= now) this.#until.delete(each);
    this.#until.set(id, now + leftMs);
  }

  /** Milliseconds until its next window; 0 for one that may have something left. */
  leftMs(id: string): number {
    const until = this.#until.get(id);
    if (until === undefined) return 0;
    const leftMs = until - performance.now();
    if (leftMs > 0) return leftMs;
    this.#until.delete(id);
    return 0;
  }
}
