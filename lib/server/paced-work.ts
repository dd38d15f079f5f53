/** What is done in one turn of the event loop takes a few milliseconds. */
const perTurn = 10;

/** Does a little in each turn of the event loop: thousands of connections may be over time in the same moment. */
export class PacedWork {
  readonly #waiting: (() => void)[] = [];

  add(work: () => void): void {
    this.#waiting.push(work);
    if (this.#waiting.length === 1) setImmediate(this.#work);
  }

  readonly #work = (): void => {
    for (const work of this.#waiting.slice(0, perTurn)) work();
    this.#waiting.splice(0, perTurn);
    if (this.#waiting.length > 0) setImmediate(this.#work);
  };
}
