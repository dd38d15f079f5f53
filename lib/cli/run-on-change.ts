import { once } from 'node:events';

import type { Service } from '#lib/service';

interface RunOptions {
  readonly service: Service;
  /** The worker whose code is watched. */
  readonly worker: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs something, and again whenever the worker has been loaded anew; a run that still goes on is ended for it. */
export async function runOnChange(
  { service, worker, signal }: RunOptions,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  let change = new AbortController();
  await service.python.watch((reloaded) => {
    if (reloaded.includes(worker)) change.abort();
  });
  while (!signal.aborted) {
    const changed = AbortSignal.any([signal, change.signal]);
    await run(changed);
    if (!changed.aborted) await once(changed, 'abort');
    if (!signal.aborted) service.log.info(`\n${worker} has changed:`);
    change = new AbortController();
  }
}
