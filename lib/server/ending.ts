import type { Log } from '#lib/log';

/** Has the process end, with 0 when all is well: drained once, whatever asks for it and how often. */
export type End = (exitCode: 0 | 1) => void;

export function endingAfter(drain: () => Promise<void>, log: Log): End {
  let begun = false;
  let worst = 0;
  return (exitCode) => {
    worst = Math.max(worst, exitCode);
    if (begun) return;
    begun = true;
    void drain()
      .catch((error: unknown) => {
        worst = 1;
        log.error({ message: 'shutting down failed', error });
      })
      .finally(() => process.exit(worst));
  };
}

/** The first signal drains, the second one ends at once. */
export function endOnSignals(end: End): void {
  let signaled = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (signaled) process.exit(1);
      signaled = true;
      end(0);
    });
  }
}
