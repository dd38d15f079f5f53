interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  /** Whether one of its callers has it to its account. */
  accounted: boolean;
}

/** What a caller gets of a call: whether it is on another's account. */
export interface Shared<T> {
  readonly value: T;
  readonly coalesced: boolean;
}

/**
 * Has equal calls that come at the same time done once. A caller that leaves ends the work only when it is the last; one
 * that has joined work which then fails does its own.
 */
export class Coalescing<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** @throws what `work` throws; the signal's reason when it aborts. */
  async do(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<Shared<T>> {
    signal.throwIfAborted();
    const running = this.#flights.get(key);
    const flight = running ?? this.#start(key, work);
    flight.waiting += 1;
    try {
      const value = await orAborted(flight.result, signal);
      const coalesced = flight.accounted;
      flight.accounted = true;
      return { value, coalesced };
    } catch (error) {
      if (!running || signal.aborted) throw error;
      return { value: await work(signal), coalesced: false }; // it had less time, or its place in the queue, by another
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#end(key, flight);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { result: work(controller.signal), controller, waiting: 0, accounted: false };
    this.#flights.set(key, flight);
    flight.result.catch(() => undefined).finally(() => this.#forget(key, flight));
    return flight;
  }

  #end(key: string, flight: Flight<T>): void {
    this.#forget(key, flight);
    flight.controller.abort(new DOMException('nobody waits for it any more', 'AbortError'));
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
