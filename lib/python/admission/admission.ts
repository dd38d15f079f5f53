import { formatBytes, formatDuration } from '#lib/config';
import { Problem } from '#lib/problems';

import { type Applicant, type Lane, Lanes, type Waiter } from './lanes.ts';

export interface AdmissionOptions {
  /** Invocations at once. */
  readonly slots: number;
  /** Invocations that may wait. */
  readonly maxQueue: number;
  readonly queueTimeoutMs: number;
  /** What the memory limits of the invocations at once may add up to, now. */
  readonly budgetBytes: () => number;
  /** Sees to it that the budget grows to so many bytes, for a call that has a slot, if that is to be had. */
  readonly makeRoom: (applicant: Applicant, bytes: number) => void;
  /** What a call can have at most: when nothing else runs, and all room is made that can be. */
  readonly mostBytes: (applicant: Applicant) => number;
}

/**
 * Decides which invocation runs now, which waits and which is turned away.
 *
 * - Functions take turns, and so do the callers of one function, whose calls are served in the order of their arrival: many
 *   waiting calls of one hold up another's by one call at most. A function that runs as often as it may is passed over.
 * - When the queue is full, the function with the most waiting calls gives up one, the last of the caller who has the most
 *   of them, so that nobody can fill the queue for all others.
 * - A call whose turn comes while there is too little memory for it is overtaken by smaller ones, but at most as many
 *   times as there are slots; then all wait for it. They do not when it would not fit even if nothing ran, which
 *   happens when zygotes have grown since it came: it waits on for memory, and nobody for it.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #lanes = new Lanes();
  #running = 0;
  #reservedBytes = 0;
  #meanHoldMs = 1000;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#lanes.queued;
  }

  /** What the memory limits of the invocations that run add up to. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /**
   * Waits for a slot. The returned slot must be disposed of when the invocation's process is gone.
   *
   * @throws {Problem} `worker-busy` when a queue is full or the wait too long; the signal's reason when it aborts.
   */
  async enter(applicant: Applicant, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { applicant, admit: resolve, refuse: reject, overtaken: 0, round: 0 };
    const lane = this.#lanes.of(applicant);
    this.#lanes.join(lane, waiter);
    this.admit();
    if (lane.waiters.includes(waiter)) {
      this.#checkQueues(lane, waiter);
      await this.#wait({ lane, waiter, promise }, signal);
    }
    return this.#slot(lane, applicant.memoryBytes);
  }

  /** Admits all that may run now: to be called when the budget has grown, too. */
  admit(): void {
    for (let lane = this.#nextLane(); lane; lane = this.#nextLane()) {
      const waiter = this.#lanes.start(lane);
      if (!waiter) return;
      this.#running += 1;
      this.#reservedBytes += waiter.applicant.memoryBytes;
      waiter.admit();
    }
  }

  /** The function whose turn it is and whose first call may run. */
  #nextLane(): Lane | undefined {
    if (this.#running >= this.#options.slots) return undefined;
    const short: Waiter[] = [];
    for (const lane of this.#lanes) {
      const [waiter] = lane.waiters;
      if (!waiter || isFull(lane, waiter.applicant)) continue;
      if (this.#fits(waiter.applicant) || this.#getsRoom(waiter.applicant)) {
        for (const passed of short) passed.overtaken += 1;
        return lane;
      }
      const canFit = waiter.applicant.memoryBytes <= this.#options.mostBytes(waiter.applicant);
      if (canFit && waiter.overtaken >= this.#options.slots) return undefined;
      short.push(waiter);
    }
    return undefined;
  }

  #fits({ memoryBytes }: Applicant): boolean {
    return this.#reservedBytes + memoryBytes <= this.#options.budgetBytes();
  }

  #getsRoom(applicant: Applicant): boolean {
    this.#options.makeRoom(applicant, this.#reservedBytes + applicant.memoryBytes);
    return this.#fits(applicant);
  }

  async #wait(
    { lane, waiter, promise }: { lane: Lane; waiter: Waiter; promise: Promise<void> },
    signal: AbortSignal,
  ): Promise<void> {
    const { queueTimeoutMs } = this.#options;
    const late = () => {
      const detail = `No Python slot came free within ${formatDuration(queueTimeoutMs)}`;
      this.#refuse(lane, waiter, this.#busy(waiter, `${detail}: ${this.#bound(waiter)}.`));
    };
    const abort = () => this.#refuse(lane, waiter, signal.reason as Error);
    const timer = setTimeout(late, queueTimeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Turns a call away that still waits; one that has been admitted in the same moment runs. */
  #refuse(lane: Lane, waiter: Waiter, error: Error): void {
    if (!this.#lanes.leave(lane, waiter)) return;
    waiter.refuse(error);
    this.admit(); // it may have been the one that all waited for
  }

  /** Turns one away when the call that has just joined is one too many. */
  #checkQueues(lane: Lane, waiter: Waiter): void {
    const { queue } = waiter.applicant;
    const waiting = lane.waiters.length - 1;
    if (queue !== null && waiting >= queue) {
      const last = lane.waiters.at(-1) ?? waiter;
      const detail = `The queue of ${lane.name} is full with ${waiting} waiting: ${this.#bound(last)}.`;
      this.#refuse(lane, last, this.#busy(last, detail));
    } else if (this.queued > this.#options.maxQueue) this.#dropOne(lane, waiter);
  }

  #dropOne(lane: Lane, joined: Waiter): void {
    const longest = this.#lanes.longest ?? lane;
    const from = longest.waiters.length > lane.waiters.length ? longest : lane;
    const dropped = from.waiters.at(-1) ?? joined;
    const detail = `The queue is full with ${this.queued - 1} waiting: ${this.#bound(dropped)}.`;
    this.#refuse(from, dropped, this.#busy(dropped, detail));
  }

  /** What keeps a call from running, in words. */
  #bound({ applicant }: Waiter): string {
    const { memoryBytes, concurrency } = applicant;
    const { slots, budgetBytes } = this.#options;
    const lane = this.#lanes.of(applicant);
    const { name } = lane;
    if (isFull(lane, applicant)) return `all ${concurrency} places of ${name} are taken`;
    if (this.#running >= slots) return `all ${slots} Python slots are taken`;
    if (this.#fits(applicant)) return 'a call that came before waits for memory';
    const left = formatBytes(Math.max(0, budgetBytes() - this.#reservedBytes));
    return `${name} reserves ${formatBytes(memoryBytes)} of memory, of which ${left} are left`;
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
        this.#lanes.end(lane);
        this.admit();
      },
    };
  }

  /** Says to come again when as many calls as wait now, this one included, are likely to have had their turn. */
  #busy({ applicant }: Waiter, detail: string): Problem {
    const ofAll = this.queued / this.#options.slots;
    const ofItsFunction = this.#lanes.of(applicant).waiters.length / (applicant.concurrency ?? Infinity);
    const waitMs = this.#meanHoldMs * Math.max(ofAll, ofItsFunction);
    return new Problem('worker-busy', detail, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}

function isFull({ running }: Lane, { concurrency }: Applicant): boolean {
  return concurrency !== null && running >= concurrency;
}
