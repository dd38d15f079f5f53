import type { H3Event } from 'h3';

import { type Principal, requesterId } from '#lib/access';
import { endOfRequest, mayUse } from '#lib/http';
import type { RequestFacts } from '#lib/python';

import { tellsKey } from './tells-key.ts';

/** For the service alone, whatever it says. */
const keyHeader = 'x-heady-api-key';

/** What a call has of its request. */
export function callOf(event: H3Event) {
  const { requestId, service } = event.context;
  const files = () => (mayUse(event, 'files') ? service.files : undefined); // anybody could read any file by a public function
  return {
    request: () => requestFacts(event),
    files,
    requestId,
    caller: requesterId(event.context),
    signal: endOfRequest(event),
  };
}

/** What a Python function may know of the request that it serves: all but the headers that tell the service's own key. */
function requestFacts(event: H3Event): RequestFacts {
  const { req, url, context } = event;
  const { apiKey, HEADY_API_KEY_PREVIOUS: previous } = context.service.config;
  const keys = previous === undefined ? [apiKey] : [apiKey, previous];
  const headers = [...req.headers].filter(([name, value]) => name !== keyHeader && !tellsKey(value, keys));
  return {
    headers: Object.fromEntries(headers),
    caller: callerOf(context.principal, context.client),
    method: req.method,
    path: url.pathname,
  };
}

function callerOf(principal: Principal | undefined, address: string): RequestFacts['caller'] {
  const { kind = null, name = null, claims = {} } = principal ?? {};
  return { kind, name, claims, address };
}
