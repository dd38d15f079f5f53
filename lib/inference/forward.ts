import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';

import type { Backend } from './backend.ts';

/** Headers of one connection (RFC 9110, 7.6.1), and those that the forwarded request must have of its own. */
const notForwarded = [
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
];
/** fetch has decoded the body already. */
const notReturned = ['connection', 'content-encoding', 'content-length', 'keep-alive', 'transfer-encoding'];

/**
 * Sends a request on to the backend with the service's own token and streams the answer back. An abort of the request
 * ends the backend's work as well.
 *
 * @throws {Problem} `inference-unavailable`
 */
export async function forward(request: Request, backend: Backend, log: Log): Promise<Response> {
  if (backend.token === undefined)
    throw new Problem('inference-unavailable', 'HF_TOKEN is not set, so there is no inference.');
  const { pathname, search } = new URL(request.url);
  const headers = without(request.headers, notForwarded);
  headers.set('authorization', `Bearer ${backend.token}`);
  const { method, body, signal } = request;
  const init = { method, headers, body, signal, duplex: 'half' }; // a streamed body has to say so
  const response = await fetch(`${backend.url}${pathname}${search}`, init).catch((error: Error) => {
    signal.throwIfAborted();
    const { message } = (error.cause ?? error) as Error;
    log.error({ message: `inference backend ${backend.name} is out of reach: ${message}`, url: backend.url });
    throw new Problem('inference-unavailable', `The inference backend '${backend.name}' is out of reach.`, {
      cause: error,
    });
  });
  const answered = without(response.headers, notReturned);
  answered.set('x-inference-backend', backend.name);
  return new Response(response.body, { status: response.status, headers: answered });
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}
