import { Problem } from '#lib/problems';

import { FairQueue, type Waiting } from './fair-queue.ts';
import { Tally } from './tally.ts';
import { type Turn, watchTurns } from './turns.ts';

/** While a turn of the event loop lasts, all else waits: what comes after so long a one waits for its turn. */
const longMs = 25;
/** Where more waits than is done in such a one, as much of it is begun as takes that long: what is begun gets done quickly. */
const shortMs = 2;
const perTurn = 256;
/** What it takes at most to take a request in, or to turn it away: what passes until the next one comes, if that is less. */
const arrivalMs = 0.3;
/** What waits may be that many, or more that take no longer than this together: enough for a burst. */
const someWaiting = 256;
const maxWaitingMs = 500;
const maxWaitMs = 5000;
/** How much of what is known of former turns counts in the next one. */
const memory = 0.98;
/** Of all that may be in flight, what one address may have without a key: who sends a body slowly does not keep out others. */
const addressShare = 0.5;
/** For so long after one was refused for want of room, the newest of many goes first: it is in time, and not all are late. */
const crowdedMs = 1000;
const many = 32;

const overloaded = new Problem('overloaded', 'The instance has more to do than it can do in time.', {
  retryAfterSeconds: 1,
});

/** A request that can wait for its turn. */
export interface Request {
  /** Whom it counts for. */
  readonly sender: string;
  readonly address?: string | undefined;
  /** Whether nobody waits for its answer any more. */
  readonly isGone: () => boolean;
  readonly serve: () => void;
  readonly refuse: (problem: Problem) => void;
}

/**
 * Bounds what the instance does at once. Work is measured by the CPU time of each turn of the event loop: while that is too
 * much, requests wait, those of each sender in a line of their own, and are begun a few in a turn. When more comes than
 * gets done, the oldest of whoever has the most waiting are refused. CPU time, because in a pause, as of a host that gives
 * no more CPU for now, nobody has asked for too much; without what it takes that requests come, as to begin fewer would not
 * make that less.
 *
 * @see https://queue.acm.org/detail.cfm?id=2839461 "Fail at Scale" on the order in which requests wait.
 */
export class Load implements Disposable {
  readonly #maxInFlight: number;
  readonly #onRefused: () => void;
  readonly #turn: Turn;
  /** By keys, and by addresses without one: many of those together are no more than all keys. */
  readonly #byKeys = new FairQueue<Request & Waiting>();
  readonly #byAddresses = new FairQueue<Request & Waiting>();
  #turnOfKeys = true;
  readonly #ofAddresses = new Tally();
  /** Requests that have not ended, those that wait included. */
  inFlight = 0;
  /** What the last turn worked. */
  #lastMs = 0;
  /** What turns have worked, and how many requests were begun in them: what a request takes is their ratio. */
  #workedMs = 0;
  #begun = 0;
  /** When this turn began, as `performance.now()` has it; with what was waited for. */
  #beganMs = 0;
  /** What the requests that came in this turn have taken, and when the last of them came. */
  #arrivalsMs = 0;
  #arrivedAtMs: number | undefined;
  /** The same of the last turn. */
  #lastArrivalsMs = 0;
  /** When the last of those that waited was begun, and until when the newest of many goes first. */
  #begunMs = 0;
  #crowdedUntilMs = 0;

  /** @param onRefused - is told of each request that is refused. */
  constructor(maxInFlight: number, onRefused: () => void, watch = watchTurns) {
    this.#maxInFlight = maxInFlight;
    this.#onRefused = onRefused;
    this.#turn = watch((cpuMs) => this.#endTurn(cpuMs));
  }

  get waiting(): number {
    return this.#byKeys.length + this.#byAddresses.length;
  }

  /** A request has come. @param address - of its client, where it gives no key. */
  started(address?: string): void {
    this.inFlight += 1;
    if (address !== undefined) this.#ofAddresses.add(address);
    if (this.waiting > 0) this.#arrive();
  }

  ended(address?: string): void {
    this.inFlight -= 1;
    if (address !== undefined) this.#ofAddresses.remove(address);
  }

  /** Has the request that has just come served, at once or when its turn comes; or refuses it, or another one in its place. */
  take(request: Request): void {
    if (this.#isFull(request.address)) this.#refuse(request);
    else if (this.#hasRoom) this.#serve(request);
    else this.#wait(request);
  }

  [Symbol.dispose](): void {
    this.#turn[Symbol.dispose]();
  }

  get #hasRoom(): boolean {
    if (this.waiting > 0) return false;
    const passedMs = performance.now() - this.#beganMs; // no less than the CPU time, and costs less to find out
    return this.#lastMs <= longMs && (passedMs <= longMs || this.#turn.cpuMs <= longMs);
  }

  #serve(request: Request): void {
    this.#begun += 1;
    request.serve();
  }

  #wait(request: Request): void {
    const queue = request.address === undefined ? this.#byKeys : this.#byAddresses;
    queue.add({ ...request, sinceMs: performance.now() });
    setImmediate(() => {}); // else the loop may wait for something to happen before it turns
    if (!this.#isCrowded) return;
    this.#crowdedUntilMs = performance.now() + crowdedMs;
    const longer = this.#byKeys.length > this.#byAddresses.length ? this.#byKeys : this.#byAddresses;
    this.#refuse(longer.crowded());
  }

  /** What it takes to do all that waits, as far as is known. */
  get #waitingMs(): number {
    return this.#begun < 1 ? 0 : (this.waiting * this.#workedMs) / this.#begun;
  }

  get #isCrowded(): boolean {
    return this.waiting > someWaiting && this.#waitingMs > maxWaitingMs;
  }

  #isFull(address?: string): boolean {
    if (this.inFlight > this.#maxInFlight) return true;
    return (
      address !== undefined && this.#ofAddresses.of(address) > Math.max(1, this.#maxInFlight * addressShare)
    );
  }

  #endTurn(cpuMs: number): void {
    this.#lastMs = Math.max(0, cpuMs - this.#arrivalsMs);
    this.#workedMs = (this.#workedMs + this.#lastMs) * memory;
    this.#begun *= memory;
    this.#beganMs = performance.now();
    this.#lastArrivalsMs = this.#arrivalsMs;
    this.#arrivalsMs = 0;
    this.#arrivedAtMs = undefined;
    this.#refuseLate();
    for (let left = Math.min(this.waiting, perTurn); left > 0; left -= 1) setImmediate(this.#begin);
  }

  /** One more request has come: what the one before took is known. */
  #arrive(): void {
    const now = performance.now();
    if (this.#arrivedAtMs !== undefined) this.#arrivalsMs += Math.min(arrivalMs, now - this.#arrivedAtMs);
    this.#arrivedAtMs = now;
  }

  #refuseLate(): void {
    const since = performance.now() - maxWaitMs;
    for (const queue of [this.#byKeys, this.#byAddresses])
      for (const late of queue.since(since)) this.#refuse(late);
  }

  /** Begins one that waited if there is room, or none has been begun for a while; by itself, so that its work is known after. */
  readonly #begin = (): void => {
    const now = performance.now();
    const workMs = this.#lastMs + now - this.#beganMs;
    const shareMs = Math.max(shortMs, this.#lastArrivalsMs / 2); // to turn requests away must not take all the time
    const hasRoom = workMs < shareMs || workMs + this.#waitingMs < longMs;
    if (!hasRoom && now - this.#begunMs < longMs) return;
    const next = this.#next(now < this.#crowdedUntilMs ? many : Infinity);
    if (!next || next.isGone()) return;
    this.#begunMs = now;
    this.#serve(next);
  };

  #next(newestOver: number): Request | undefined {
    this.#turnOfKeys = !this.#turnOfKeys;
    const [first, second] = this.#turnOfKeys
      ? [this.#byKeys, this.#byAddresses]
      : [this.#byAddresses, this.#byKeys];
    return first.next(newestOver) ?? second.next(newestOver);
  }

  #refuse(request: Request | undefined): void {
    if (!request || request.isGone()) return;
    this.#onRefused();
    request.refuse(overloaded);
  }
}
