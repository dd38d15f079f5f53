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
  readonly status?: number;
  readonly durationMs: number;
  /** Sent, the head included. */
  readonly bytes: number;
  readonly client: string;
  /** Who has made it, as far as that is known. */
  readonly principal?: string;
  /** The response broke off. */
  readonly aborted?: true;
  /** Cloudflare's id of the request. */
  readonly cfRay?: string | string[];
}

/** Tells of a request, which begins now, once when it has ended. */
export function onRequestEnd(
  response: ServerResponse,
  context: RequestContext,
  tell: (ended: EndedRequest) => void,
): void {
  const startedAt = performance.now();
  const { req: request } = response;
  const { socket } = request;
  const bytesBefore = socket.bytesWritten;
  response.once('close', () => {
    const cfRay = request.headers['cf-ray'];
    tell({
      requestId: context.requestId,
      method: request.method,
      route: context.matchedRoute?.route,
      path: request.url?.split('?')[0],
      ...(response.headersSent ? { status: response.statusCode } : {}),
      durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
      bytes: socket.bytesWritten - bytesBefore,
      client: context.client,
      ...(context.principal ? { principal: context.principal.id } : {}),
      ...(response.writableFinished ? {} : { aborted: true }),
      ...(cfRay ? { cfRay } : {}),
    });
  });
}
