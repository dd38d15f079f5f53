import type { H3Event } from 'h3';

import { endOfRequest, holdsKey } from '#lib/http';
import type { RequestFacts } from '#lib/python';

/** What a call has of its request. */
export function callOf(event: H3Event) {
  const { requestId } = event.context;
  return { request: () => requestFacts(event), requestId, signal: endOfRequest(event) };
}

/** What a Python function may know of the request that it serves: all but the service's own key. */
function requestFacts(event: H3Event): RequestFacts {
  const { req, url, context } = event;
  const { apiKey, HEADY_API_KEY_PREVIOUS: previous } = context.service.config;
  const keys = previous === undefined ? [apiKey] : [apiKey, previous];
  const headers = [...req.headers].filter(([name, value]) => !tellsKey(name, value, keys));
  return {
    headers: Object.fromEntries(headers),
    caller: { name: holdsKey(event) ? 'key' : null, address: context.client },
    method: req.method,
    path: url.pathname,
  };
}

/** Whether a header has the key in it, as a password as well (RFC 7617). */
function tellsKey(name: string, value: string, keys: readonly string[]): boolean {
  if (name === 'x-heady-api-key') return true;
  const [, basic] = /^Basic +(\S+)/i.exec(value) ?? [];
  const told = basic === undefined ? value : `${value} ${Buffer.from(basic, 'base64').toString()}`;
  return keys.some((key) => told.includes(key));
}
