import type { Log } from '#lib/log';

import type { End } from './ending.ts';

/**
 * What nobody has caught: a rejection is logged and the service goes on, as one request's mistake is no reason to end
 * all others; after an exception Node's own state is in doubt, so the service drains and ends with 1.
 */
export function onFaults(log: Log, end: End): void {
  process.on('unhandledRejection', (reason) =>
    log.error({ message: 'unhandled rejection', error: describe(reason) }),
  );
  process.on('uncaughtException', (error) => {
    log.error({ message: 'uncaught exception: draining', error: describe(error) });
    end(1);
  });
  process.stdout.on('error', () => {}); // nobody reads the log any more: no reason to end
}

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
