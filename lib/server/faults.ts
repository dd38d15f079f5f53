import type { Log } from '#lib/log';

/**
 * What nobody has caught: a rejection is logged and the service goes on, as one request's mistake is no reason to end
 * all others; after an exception Node's own state is in doubt, so the service drains and ends with 1.
 */
export function onFaults(log: Log, drain: () => Promise<void>): void {
  process.on('unhandledRejection', (reason) =>
    log.error({ message: 'unhandled rejection', error: describe(reason) }),
  );
  process.on('uncaughtException', (error) => {
    log.error({ message: 'uncaught exception: draining', error: describe(error) });
    void exitAfter(drain);
  });
  process.stdout.on('error', () => {}); // nobody reads the log any more: no reason to end
}

async function exitAfter(drain: () => Promise<void>): Promise<void> {
  await drain();
  process.exit(1);
}

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
