import type { ServerResponse } from 'node:http';

import type { H3Event } from 'h3';

const ends = new WeakMap<H3Event, AbortSignal>();

/**
 * Aborts when the request has been answered, or its caller has gone. Unlike `event.req.signal` it does so for a response
 * whose body nobody reads, as that of HEAD. Made for the requests that ask for it.
 */
export function endOfRequest(event: H3Event): AbortSignal {
  const known = ends.get(event);
  if (known) return known;
  const over = new AbortController();
  const response = event.runtime?.node?.res as ServerResponse; // there is no HTTP/2 here
  if (response.closed) over.abort();
  else response.once('close', () => over.abort());
  ends.set(event, over.signal);
  return over.signal;
}
