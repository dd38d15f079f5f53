import type { ServerResponse } from 'node:http';

import type { RequestContext } from '#lib/http';

/** What is known of a request when its response has ended, whether it was sent whole or broke off. */
export interface EndedRequest {
  readonly requestId: string;
  readonly method: string | undefined;
  /** The pattern of the route that was found. */
  readonly route: string | undefined;
  /** As it was sent: it need not be a valid one. */
  readonly path: string | undefined;
  /** Absent when the caller left before there was one. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** Sent, the head included. */
  readonly bytes: number;
  readonly client: string;
  /** Who has made it, as far as that is known. */
  readonly principal: string | undefined;
  /** The response broke off. */
  readonly aborted: true | undefined;
  /** Cloudflare's id of the request. */
  readonly cfRay: string | string[] | undefined;
}

/** Tells of a request, which begins now, once when it has ended. */
export function onRequestEnd(
  response: ServerResponse,
  context: RequestContext,
  tell: (ended: EndedRequest) => void,
): void {
  const startedAt = performance.now();
  const { socket } = response.req; // which it has no more at its end, where the connection was closed
  const bytesBefore = socket.bytesWritten;
  response.on('close', () => {
    const durationMs = Math.round((performance.now() - startedAt) * 100) / 100;
    tell(endedRequest(response, context, { durationMs, bytes: socket.bytesWritten - bytesBefore }));
  });
}

/** Every one has the same fields, in the same order, as an object of one shape is faster to make and to write. */
function endedRequest(
  { req: { method, url, headers }, headersSent, statusCode, writableFinished }: ServerResponse,
  { requestId, client, principal, matchedRoute }: RequestContext,
  { durationMs, bytes }: Pick<EndedRequest, 'durationMs' | 'bytes'>,
): EndedRequest {
  return {
    requestId,
    method,
    route: matchedRoute?.route,
    path: url?.split('?', 1)[0],
    status: headersSent ? statusCode : undefined,
    durationMs,
    bytes,
    client,
    principal: principal?.id,
    aborted: writableFinished || statusCode === 101 ? undefined : true,
    cfRay: headers['cf-ray'],
  };
}
