import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { ServerRequest } from 'srvx';
import { NodeRequest, sendNodeResponse } from 'srvx/node';

import { leaveBody } from './left-body.ts';

export type FetchHandler = (request: ServerRequest) => Response | Promise<Response>;

/** A request of `node:http`, and where it is answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Has a fetch handler answer a request. `context` is what it finds on `request.context`. */
export function serveRequest(
  handler: FetchHandler,
  exchange: Exchange,
  context: Record<string, unknown> = {},
): void {
  const { request, response } = exchange;
  const bytesBefore = request.socket.bytesRead;
  const send = (answer: Response) => {
    leaveBody({ ...exchange, bytesBefore });
    sendNodeResponse(response, answer).catch((error: Error) => response.destroy(error));
  };
  const fail = (error: Error) => response.destroy(error);
  try {
    const incoming: ServerRequest = new NodeRequest({ req: request, res: response });
    incoming.context = context;
    const answer = handler(incoming);
    if (answer instanceof Promise) answer.then(send, fail);
    else send(answer);
  } catch {
    response.writeHead(400, { connection: 'close' }).end(); // the target is no URL
  }
}

/** A fetch handler as a listener of `node:http`. */
export function nodeListener(handler: FetchHandler): RequestListener {
  return (request, response) => serveRequest(handler, { request, response });
}
