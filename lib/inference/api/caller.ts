import type { H3Event } from 'h3';

import type { Principal } from '#lib/access';
import { endOfRequest } from '#lib/http';

import type { Caller } from '../operation.ts';

/** The sender of a request as a caller: what it asks for ends with the request. */
export function callerOf(event: H3Event): Caller {
  const { principal, requestId } = event.context;
  return { name: nameOf(principal), requestId, signal: endOfRequest(event) };
}

/** Usage is counted by it, and there may be any number of users with tokens: these are counted together. */
function nameOf(principal: Principal | undefined): string {
  if (!principal) return 'anonymous';
  return principal.kind === 'key' ? principal.name : principal.kind;
}
