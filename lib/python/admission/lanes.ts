/** A function that wants to run, and its own bounds where it has any. */
export interface Applicant {
  readonly worker: string;
  readonly function: string;
  /** Who calls it. */
  readonly caller: string;
  readonly memoryBytes: number;
  readonly concurrency: number | null;
  readonly queue: number | null;
}

export interface Waiter {
  readonly applicant: Applicant;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
  /** How many have been admitted since its turn came and there was too little memory for it. */
  overtaken: number;
  /** The round in which its caller has a turn for it. */
  round: number;
}

/** The calls of one function: those that wait, in the order of their turns, and the number of those that run. */
export interface Lane {
  /** As `worker.function`. */
  readonly name: string;
  readonly waiters: Waiter[];
  running: number;
  /** That of the last one that was taken. */
  round: number;
}

/** The functions with waiting or running calls, in the order of their turns. */
export class Lanes {
  /** The one whose turn is next comes first. */
  readonly #lanes = new Map<string, Lane>();

  /** Calls that wait. */
  get queued(): number {
    return this.#lanes.values().reduce((sum, { waiters }) => sum + waiters.length, 0);
  }

  /** The one with the most calls that wait; of several, the one whose turn is last. */
  get longest(): Lane | undefined {
    return [...this.#lanes.values()].toSorted((a, b) => a.waiters.length - b.waiters.length).at(-1);
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes.values();
  }

  /** The lane of a function; a new one is the last in turn. */
  of(applicant: Applicant): Lane {
    const name = `${applicant.worker}.${applicant.function}`;
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane: Lane = { name, waiters: [], running: 0, round: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  /**
   * Has a call wait. In each round every caller has a turn (fair queueing, with calls of one length), so whoever has many
   * calls waiting holds up another's by one; the last one is of the caller with the most.
   */
  join(lane: Lane, waiter: Waiter): void {
    const { caller } = waiter.applicant;
    const before = lane.waiters.findLast(({ applicant }) => applicant.caller === caller);
    waiter.round = before ? before.round + 1 : lane.round;
    const next = lane.waiters.findIndex(({ round }) => round > waiter.round);
    lane.waiters.splice(next < 0 ? lane.waiters.length : next, 0, waiter);
  }

  /** Takes the first of the waiting calls, which runs from now on; the next turn is another function's. */
  start(lane: Lane): Waiter | undefined {
    lane.running += 1;
    this.#lanes.delete(lane.name);
    this.#lanes.set(lane.name, lane);
    const waiter = lane.waiters.shift();
    if (waiter) lane.round = waiter.round;
    return waiter;
  }

  end(lane: Lane): void {
    lane.running -= 1;
    this.#forget(lane);
  }

  /** Whether the call still waited, which it does no more. */
  leave(lane: Lane, waiter: Waiter): boolean {
    const index = lane.waiters.indexOf(waiter);
    if (index < 0) return false;
    lane.waiters.splice(index, 1);
    this.#forget(lane);
    return true;
  }

  #forget(lane: Lane): void {
    if (lane.running === 0 && lane.waiters.length === 0) this.#lanes.delete(lane.name);
  }
}
