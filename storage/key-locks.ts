/** One change of a key at a time. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work after that of all who came before for the same key. */
  async hold<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }

  /** When all work has been done that is waited for now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
