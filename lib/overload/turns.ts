/** The present turn of the event loop. */
export interface Turn extends Disposable {
  /** Milliseconds of CPU time that it has taken so far. */
  readonly cpuMs: number;
}

/**
 * Tells after each turn of the event loop how much CPU time it has taken: so long everything else waited. Time in which the
 * host gave no CPU is none of it. It costs two microseconds a turn, and there is none while nothing happens.
 *
 * @param tell - is told in milliseconds.
 */
export function watchTurns(tell: (cpuMs: number) => void): Turn {
  let beganMs = threadCpuMs();
  const end = () => {
    const now = threadCpuMs();
    try {
      tell(now - beganMs);
    } finally {
      beganMs = now;
      next = setImmediate(end).unref();
    }
  };
  let next = setImmediate(end).unref(); // one that is not waited for: it has the loop turn no sooner
  return {
    get cpuMs() {
      return threadCpuMs() - beganMs;
    },
    [Symbol.dispose]: () => clearImmediate(next),
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
