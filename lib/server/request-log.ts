import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestContext } from '#lib/http';
import type { Log } from '#lib/log';

/** Logs one line for a request when its response has ended, whether it was sent whole or broke off. */
export function logRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): void {
  const { log } = context.service;
  const startedAt = performance.now();
  const { socket } = request;
  const bytesBefore = socket.bytesWritten;
  response.once('close', () => {
    log[levelOf(response)]({
      message: 'request',
      requestId: context.requestId,
      method: request.method,
      route: context.matchedRoute?.route,
      path: request.url?.split('?')[0], // as it was sent: it need not be a valid one
      status: response.statusCode,
      durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
      bytes: socket.bytesWritten - bytesBefore,
      client: context.client,
      ...(response.writableFinished ? {} : { aborted: true }),
      ...(request.headers['cf-ray'] ? { cfRay: request.headers['cf-ray'] } : {}),
    });
  });
}

type Level = keyof Pick<Log, 'error' | 'info'>;

function levelOf({ statusCode }: ServerResponse): Level {
  return statusCode >= 500 ? 'error' : 'info';
}
