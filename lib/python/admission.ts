import { formatBytes, formatDuration } from '#lib/config';
import { Problem } from '#lib/problems';

export interface AdmissionOptions {
  /** Invocations at once. */
  readonly slots: number;
  /** Invocations that may wait. */
  readonly maxQueue: number;
  readonly queueTimeoutMs: number;
  /** What the memory limits of the invocations at once may add up to, now. */
  readonly budgetBytes: () => number;
}

/** A function that wants to run, and its own bounds where it has any. */
export interface Applicant {
  /** As `worker.function`. */
  readonly name: string;
  readonly memoryBytes: number;
  readonly concurrency: number | null;
  readonly queue: number | null;
}

interface Waiter {
  readonly applicant: Applicant;
  readonly admit: () => void;
  /** How many have been admitted since its turn came and there was too little memory for it. */
  overtaken: number;
}

/** The invocations of one function. */
interface Lane {
  readonly name: string;
  readonly waiters: Waiter[];
  running: number;
}

/**
 * Decides which invocation runs now, which waits and which is turned away.
 *
 * Functions take turns, and the calls of one function are served in the order of their arrival: so a function with many
 * waiting calls does not hold up another's. A call whose turn comes while there is too little memory for it is
 * overtaken by smaller ones, but at most as many times as there are slots; then all wait for it.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  /** Those with waiting or running calls; the one whose turn is next comes first. */
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #reservedBytes = 0;
  #meanHoldMs = 1000;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  /** What the memory limits of those that run add up to. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  get queued(): number {
    return this.#lanes.values().reduce((sum, { waiters }) => sum + waiters.length, 0);
  }

  /**
   * Waits for a slot. The returned slot must be disposed of when the invocation's process is gone.
   *
   * @throws {Problem} `worker-busy` when a queue is full or the wait too long; the signal's reason when it aborts.
   */
  async enter(applicant: Applicant, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { applicant, admit: resolve, overtaken: 0 };
    const lane = this.#laneOf(applicant.name);
    lane.waiters.push(waiter);
    this.admit();
    if (lane.waiters.includes(waiter)) await this.#wait({ lane, waiter, promise }, signal);
    return this.#slot(lane, applicant.memoryBytes);
  }

  /** Admits all that may run now: to be called when the budget has grown, too. */
  admit(): void {
    for (let lane = this.#nextLane(); lane; lane = this.#nextLane()) {
      const waiter = lane.waiters.shift();
      if (!waiter) return;
      this.#running += 1;
      this.#reservedBytes += waiter.applicant.memoryBytes;
      lane.running += 1;
      this.#lanes.delete(lane.name); // to the end of the turn
      this.#lanes.set(lane.name, lane);
      waiter.admit();
    }
  }

  /** The function whose turn it is and whose first call may run. */
  #nextLane(): Lane | undefined {
    if (this.#running >= this.#options.slots) return undefined;
    const short: Waiter[] = [];
    for (const lane of this.#lanes.values()) {
      const [waiter] = lane.waiters;
      if (!waiter || lane.running >= (waiter.applicant.concurrency ?? Infinity)) continue;
      if (this.#fits(waiter.applicant)) {
        for (const passed of short) passed.overtaken += 1;
        return lane;
      }
      if (waiter.overtaken >= this.#options.slots) return undefined;
      short.push(waiter);
    }
    return undefined;
  }

  #fits({ memoryBytes }: Applicant): boolean {
    return this.#reservedBytes + memoryBytes <= this.#options.budgetBytes();
  }

  async #wait(
    { lane, waiter, promise }: { lane: Lane; waiter: Waiter; promise: Promise<void> },
    signal: AbortSignal,
  ): Promise<void> {
    const { promise: refused, reject } = Promise.withResolvers<never>();
    const { queueTimeoutMs } = this.#options;
    const timer = setTimeout(
      () =>
        reject(
          this.#busy(
            `No Python slot came free within ${formatDuration(queueTimeoutMs)}${this.#why(waiter)}.`,
          ),
        ),
      queueTimeoutMs,
    );
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#checkQueues(lane, waiter.applicant);
      await Promise.race([promise, refused]);
    } catch (error) {
      if (this.#leave(lane, waiter)) throw error; // else it has been admitted in the same moment
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  /** @throws {Problem} the call that has just joined is one too many. */
  #checkQueues({ waiters, running }: Lane, { name, queue, concurrency }: Applicant): void {
    const { slots, maxQueue } = this.#options;
    if (waiters.length > (queue ?? Infinity)) {
      const taken =
        concurrency === null
          ? `${running} calls of ${name} run`
          : `All ${concurrency} places of ${name} are taken`;
      throw this.#busy(`${taken} and ${waiters.length - 1} wait.`);
    }
    if (this.queued > maxQueue)
      throw this.#busy(`All ${slots} Python slots are taken and ${this.queued - 1} calls wait.`);
  }

  /** Whether the call still waited, which it does no more. */
  #leave(lane: Lane, waiter: Waiter): boolean {
    const index = lane.waiters.indexOf(waiter);
    if (index < 0) return false;
    lane.waiters.splice(index, 1);
    this.#forget(lane);
    this.admit(); // it may have been the one that all waited for
    return true;
  }

  #why({ applicant: { name, memoryBytes, concurrency } }: Waiter): string {
    const lane = this.#lanes.get(name);
    if (concurrency !== null && (lane?.running ?? 0) >= concurrency)
      return `: ${name} runs ${concurrency} at once at most`;
    if (this.#running >= this.#options.slots) return '';
    return `: ${name} reserves ${formatBytes(memoryBytes)} of memory, and what runs leaves less`;
  }

  #slot(lane: Lane, memoryBytes: number): Disposable {
    const since = performance.now();
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#meanHoldMs += (performance.now() - since - this.#meanHoldMs) / 8;
        this.#running -= 1;
        this.#reservedBytes -= memoryBytes;
        lane.running -= 1;
        this.#forget(lane);
        this.admit();
      },
    };
  }

  #laneOf(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane: Lane = { name, waiters: [], running: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  #forget(lane: Lane): void {
    if (lane.running === 0 && lane.waiters.length === 0) this.#lanes.delete(lane.name);
  }

  #busy(detail: string): Problem {
    const waitMs = (this.#meanHoldMs * (this.queued + 1)) / this.#options.slots;
    return new Problem('worker-busy', detail, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
