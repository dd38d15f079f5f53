import { Problem } from '#lib/problems';

/** A turn of the event loop that takes longer has requests wait that long in front of the loop. */
const targetMs = 100;
/** When no turn in so long was shorter, it is no burst: more comes than can be answered. */
const intervalMs = 500;
/** One alone may be a pause, however long: after a quiet time it is all that there is in an interval. */
const leastTurns = 2;
/** A turn may be as long as that many requests take: routes that compute for long wait for each other as ever. */
const leastRequests = 8;

/**
 * Sheds load when too much comes, by the delay that requests have in the event loop, as CoDel does for packets: while
 * even the shortest turn in an interval is too long, each turn takes requests for the target's time and refuses the rest.
 * A pause, as of garbage collection or of a host that gives no more CPU for now, makes one turn long and refuses nobody.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8289
 */
export class Load {
  readonly #maxInFlight: number;
  readonly #onRefused: () => void;
  /** Requests that have not ended. */
  inFlight = 0;
  /** Of the present turn, as `performance.now()` has it. */
  #turnBeganMs: number | undefined;
  #turnRequests = 0;
  /** Of the present interval, so far. */
  #turns = 0;
  #intervalEndsMs = 0;
  #shortestMs = Infinity;
  #budgetMs = Infinity;

  /** @param onRefused - is told of each request that is refused. */
  constructor(maxInFlight: number, onRefused: () => void) {
    this.#maxInFlight = maxInFlight;
    this.#onRefused = onRefused;
  }

  /** A request has come. */
  started(): void {
    this.inFlight += 1;
    this.#turnRequests += 1;
    if (this.#turnBeganMs !== undefined) return;
    this.#turnBeganMs = performance.now();
    setImmediate(this.#endTurn); // after all that has come with it
  }

  ended(): void {
    this.inFlight -= 1;
  }

  /** Whether too much is going on for one more request. */
  get isOver(): boolean {
    if (this.inFlight > this.#maxInFlight) return true;
    return this.#budgetMs !== Infinity && performance.now() - (this.#turnBeganMs ?? 0) > this.#budgetMs;
  }

  /** @throws {Problem} `overloaded` */
  refuseOverload(): void {
    if (!this.isOver) return;
    this.#onRefused();
    throw new Problem('overloaded', 'The instance has more to do than it can do in time.', {
      retryAfterSeconds: 1,
    });
  }

  readonly #endTurn = (): void => {
    const now = performance.now();
    const beganMs = this.#turnBeganMs ?? now;
    const turnMs = now - beganMs;
    const target = Math.max(targetMs, (leastRequests * turnMs) / this.#turnRequests);
    this.#turnBeganMs = undefined;
    this.#turnRequests = 0;
    if (this.#turns === 0) this.#intervalEndsMs = beganMs + intervalMs; // not before: there may have been quiet
    this.#turns += 1;
    this.#shortestMs = Math.min(this.#shortestMs, turnMs);
    if (now < this.#intervalEndsMs || this.#turns < leastTurns) return;
    this.#budgetMs = this.#shortestMs > target ? target : Infinity;
    this.#shortestMs = Infinity;
    this.#turns = 0;
  };
}
