import type { Log } from '#lib/log';

import type { EndedRequest } from './request-end.ts';

/** Logs one line for a request that has ended. */
export function logRequest(log: Log, ended: EndedRequest): void {
  log[levelOf(ended)]({ message: 'request', ...ended });
}

type Level = keyof Pick<Log, 'error' | 'info'>;

function levelOf({ status = 0 }: EndedRequest): Level {
  return status >= 500 ? 'error' : 'info';
}
