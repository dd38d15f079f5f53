import { Problem } from '#lib/problems';

import { type Turn, watchTurns } from './turns.ts';

/** While a turn of the event loop lasts, every request waits that has come meanwhile; in each one connection is accepted. */
const longMs = 100;
/** A turn may be as long as that many requests take: routes that compute for long wait for each other as ever. */
const leastRequests = 8;

/**
 * Sheds load when more comes than the event loop can do: after a turn that has taken too much CPU time, what comes in one
 * that has as well is refused, and what comes after it. One alone is a burst, which is done in the next. CPU time, because
 * in a pause, as of a host that gives no more CPU for now, nobody has asked for too much.
 */
export class Load implements Disposable {
  readonly #maxInFlight: number;
  readonly #onRefused: () => void;
  readonly #turn: Turn;
  /** Requests that have not ended. */
  inFlight = 0;
  /** How many of the last turns, one after the other, were too long. */
  #longTurns = 0;
  #endedInTurn = 0;
  /** When the first request of this turn came, as `performance.now()` has it. */
  #firstMs: number | undefined;

  /** @param onRefused - is told of each request that is refused. */
  constructor(maxInFlight: number, onRefused: () => void, watch = watchTurns) {
    this.#maxInFlight = maxInFlight;
    this.#onRefused = onRefused;
    this.#turn = watch((cpuMs) => this.#endTurn(cpuMs));
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
    if (this.inFlight > this.#maxInFlight || this.#longTurns > 1) return true;
    if (this.#longTurns === 0) return false;
    const hasJustBegun = performance.now() - (this.#firstMs ?? 0) <= longMs; // which costs less to find out
    return !hasJustBegun && this.#isLong(this.#turn.cpuMs);
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
    this.#turn[Symbol.dispose]();
  }

  #isLong(cpuMs: number): boolean {
    const requests = Math.max(1, this.inFlight + this.#endedInTurn);
    return cpuMs > Math.max(longMs, (leastRequests * cpuMs) / requests);
  }

  #endTurn(cpuMs: number): void {
    this.#longTurns = this.#isLong(cpuMs) ? this.#longTurns + 1 : 0;
    this.#endedInTurn = 0;
    this.#firstMs = undefined;
  }
}
