import { formatDuration } from '#lib/config';
import { Problem } from '#lib/problems';

export interface AdmissionOptions {
  /** Invocations at once. */
  readonly slots: number;
  /** Invocations that may wait. */
  readonly maxQueue: number;
  readonly queueTimeoutMs: number;
}

interface Waiter {
  readonly admit: () => void;
}

/** Decides which invocation runs now, which waits and which is turned away: first come, first served. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #queue = new Set<Waiter>();
  #running = 0;
  #meanHoldMs = 1000;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /**
   * Waits for a slot. The returned slot must be disposed of when the invocation's process is gone.
   *
   * @throws {Problem} `worker-busy` when the queue is full or the wait too long; the signal's reason when it aborts.
   */
  async enter(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#running >= this.#options.slots) await this.#wait(signal);
    else this.#running += 1;
    return this.#slot();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { maxQueue, queueTimeoutMs } = this.#options;
    if (this.#queue.size >= maxQueue)
      throw this.#busy(
        `All ${this.#options.slots} Python slots are taken and ${this.#queue.size} calls wait.`,
      );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve };
    const timer = setTimeout(
      () => reject(this.#busy(`No Python slot came free within ${formatDuration(queueTimeoutMs)}.`)),
      queueTimeoutMs,
    );
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    this.#queue.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.#queue.delete(waiter);
    }
  }

  /** A slot passes from the one that leaves to the one that waited longest. */
  #slot(): Disposable {
    const since = performance.now();
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#meanHoldMs += (performance.now() - since - this.#meanHoldMs) / 8;
        const [next] = this.#queue;
        if (!next) this.#running -= 1;
        else {
          this.#queue.delete(next);
          next.admit();
        }
      },
    };
  }

  #busy(detail: string): Problem {
    const waitMs = (this.#meanHoldMs * (this.#queue.size + 1)) / this.#options.slots;
    return new Problem('worker-busy', detail, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
