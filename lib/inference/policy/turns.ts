import { formatDuration } from '#lib/config';
import { Problem } from '#lib/problems';

interface TurnsOptions {
  /** Calls at once. */
  readonly slots: number;
  /** Calls that may wait. */
  readonly maxQueue: number;
  readonly timeoutMs: number;
}

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * A bounded queue in which callers take turns: one with many waiting calls holds up another's by one call at most. When
 * it is full, the caller with the most waiting calls gives up its last one.
 */
export class Turns {
  readonly #options: TurnsOptions;
  /** Waiting calls by caller; the one whose turn is next comes first. */
  readonly #waiting = new Map<string, Waiter[]>();
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#waiting.values().reduce((sum, waiters) => sum + waiters.length, 0);
  }

  /**
   * Waits for a slot, to be disposed of when the call is over.
   *
   * @throws {Problem} `inference-busy` when the queue is full or the wait too long; the signal's reason when it aborts.
   */
  async enter(caller: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#running < this.#options.slots) this.#running += 1;
    else await this.#wait(caller, signal);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#pass();
        held = false;
      },
    };
  }

  async #wait(caller: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve, refuse: reject };
    this.#join(caller, waiter);
    const { timeoutMs } = this.#options;
    const leave = (error: Error) => this.#leave(caller, waiter) && waiter.refuse(error);
    const late = () =>
      leave(busy(`No place for an inference call came free within ${formatDuration(timeoutMs)}.`));
    const abort = () => leave(signal.reason as Error);
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  #join(caller: string, waiter: Waiter): void {
    const own = this.#waiting.get(caller);
    if (own) own.push(waiter);
    else this.#waiting.set(caller, [waiter]);
    if (this.queued > this.#options.maxQueue) this.#dropOne();
  }

  #dropOne(): void {
    const [longest] = [...this.#waiting].toSorted(([, a], [, b]) => b.length - a.length);
    const [caller, waiters] = longest ?? [];
    const last = waiters?.at(-1);
    if (caller === undefined || !last) return;
    this.#leave(caller, last);
    last.refuse(busy(`The queue for inference is full with ${this.queued} waiting.`));
  }

  /** Whether the call still waited, which it does no more. */
  #leave(caller: string, waiter: Waiter): boolean {
    const waiters = this.#waiting.get(caller) ?? [];
    const at = waiters.indexOf(waiter);
    if (at < 0) return false;
    waiters.splice(at, 1);
    if (waiters.length === 0) this.#waiting.delete(caller);
    return true;
  }

  /** Hands a slot that came free to the call whose turn it is. */
  #pass(): void {
    const [next] = this.#waiting;
    const [caller, waiters = []] = next ?? [];
    const waiter = waiters.shift();
    if (caller === undefined || !waiter) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(caller);
    if (waiters.length > 0) this.#waiting.set(caller, waiters);
    waiter.admit();
  }
}

/** That there is no place for a call. */
export function busy(detail: string): Problem {
  return new Problem('inference-busy', detail, { retryAfterSeconds: 1 });
}
