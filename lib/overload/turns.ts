import { performance } from 'node:perf_hooks';

/**
 * Tells after each turn of the event loop how long it had something to do: so long everything else waited. It costs a
 * microsecond a turn, and there is none while nothing happens.
 *
 * @param tell - is told in milliseconds.
 */
export function watchTurns(tell: (busyMs: number) => void): Disposable {
  let [endedMs, idleMs] = times();
  const turn = () => {
    const [now, idle] = times();
    tell(now - endedMs - (idle - idleMs));
    [endedMs, idleMs] = [now, idle];
    next = setImmediate(turn).unref();
  };
  let next = setImmediate(turn).unref(); // one that is not waited for: it has the loop turn no sooner
  return { [Symbol.dispose]: () => clearImmediate(next) };
}

/** Since the start, in milliseconds: all, and what the loop has waited for something to happen. */
function times(): [now: number, idle: number] {
  return [performance.now(), performance.nodeTiming.idleTime];
}
