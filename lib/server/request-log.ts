import type { ServiceLog } from '#lib/log';

import type { EndedRequest } from './request-end.ts';

/** Logs one line for a request that has ended. */
export function logRequest(log: ServiceLog, ended: EndedRequest): void {
  const { status = 0 } = ended;
  log.line(status >= 500 ? 'error' : 'info', 'request', ended);
}
