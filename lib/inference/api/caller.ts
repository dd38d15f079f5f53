import type { H3Event } from 'h3';

import { endOfRequest } from '#lib/http';

import type { Caller } from '../operation.ts';

/** The sender of a request as a caller: what it asks for ends with the request. */
export function callerOf(event: H3Event): Caller {
  return { name: 'key', requestId: event.context.requestId, signal: endOfRequest(event) };
}
