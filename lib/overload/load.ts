import { Problem } from '#lib/problems';

import { watchTurns } from './turns.ts';

/** While a turn of the event loop lasts, every request waits that has come meanwhile. */
const targetMs = 50;
/** When no turn in so long was shorter, it is no burst: more comes than can be answered. */
const intervalMs = 1000;
/** One alone may be a pause, however long: after a quiet time it is all that there is in an interval. */
const leastTurns = 2;
/** A turn may be as long as that many requests take: routes that compute for long wait for each other as ever. */
const leastRequests = 8;

/**
 * Sheds load when too much comes, by the time that requests wait for the event loop, as CoDel does for packets: once even
 * the shortest turn of a whole interval was too long, requests are taken only after a turn that was not, and for the
 * target's time; the rest are refused. A pause, as of garbage collection or of a host that gives no more CPU for now, makes
 * one turn long and refuses nobody.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8289
 */
export class Load implements Disposable {
  readonly #maxInFlight: number;
  readonly #onRefused: () => void;
  readonly #watch: Disposable;
  /** Requests that have not ended. */
  inFlight = 0;
  /** Milliseconds that the event loop was busy in its last turn. */
  turnMs = 0;
  #endedInTurn = 0;
  /** When the first request of this turn came, as `performance.now()` has it. */
  #firstMs: number | undefined;
  #interval: Interval = { beganMs: 0, turns: 0, allLong: true };
  #isOverloaded = false;

  /** @param onRefused - is told of each request that is refused. */
  constructor(maxInFlight: number, onRefused: () => void, watch = watchTurns) {
    this.#maxInFlight = maxInFlight;
    this.#onRefused = onRefused;
    this.#watch = watch((busyMs) => this.#endTurn(busyMs));
  }

  /** A request has come. */
  started(): void {
    this.inFlight += 1;
    this.#firstMs ??= performance.now();
  }

  ended(): void {
    this.inFlight -= 1;
    this.#endedInTurn += 1;
  }

  /** Whether too much is going on for one more request. */
  get isOver(): boolean {
    if (this.inFlight > this.#maxInFlight) return true;
    if (!this.#isOverloaded) return false;
    return this.turnMs > targetMs || performance.now() - (this.#firstMs ?? 0) > targetMs;
  }

  /** @throws {Problem} `overloaded` */
  refuseOverload(): void {
    if (!this.isOver) return;
    this.#onRefused();
    throw new Problem('overloaded', 'The instance has more to do than it can do in time.', {
      retryAfterSeconds: 1,
    });
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #endTurn(busyMs: number): void {
    const perRequestMs = busyMs / Math.max(1, this.inFlight + this.#endedInTurn);
    const isLong = busyMs > Math.max(targetMs, leastRequests * perRequestMs);
    this.turnMs = busyMs;
    this.#endedInTurn = 0;
    this.#firstMs = undefined;
    this.#judge(isLong, busyMs);
  }

  #judge(isLong: boolean, busyMs: number): void {
    const now = performance.now();
    const { beganMs, turns, allLong } = this.#interval;
    const interval = {
      beganMs: turns === 0 ? now - busyMs : beganMs,
      turns: turns + 1,
      allLong: allLong && isLong,
    };
    const isOver = now >= interval.beganMs + intervalMs && interval.turns >= leastTurns;
    if (isOver) this.#isOverloaded = interval.allLong;
    this.#interval = isOver ? { beganMs: now, turns: 0, allLong: true } : interval;
  }
}

/** Of turns. */
interface Interval {
  readonly beganMs: number;
  readonly turns: number;
  /** Whether none of them was as short as it should be. */
  readonly allLong: boolean;
}
