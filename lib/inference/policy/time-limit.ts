/** The time that a call has: its signal aborts when that is over, or its caller leaves. */
export class TimeLimit implements Disposable {
  /** When it is over, by `performance.now()`. */
  readonly deadline: number;
  readonly #caller: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(ms: number, caller: AbortSignal) {
    this.deadline = performance.now() + ms;
    this.#caller = caller;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort(new DOMException('the time of the call is over', 'TimeoutError'));
    }, ms);
    if (caller.aborted) this.#leave();
    else caller.addEventListener('abort', this.#leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the time was over before the caller left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#leave);
  }

  readonly #leave = (): void => this.#controller.abort(this.#caller.reason);
}
