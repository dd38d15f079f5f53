/* oxlint-disable no-underscore-dangle -- the name that srvx gives to it */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { ServerRequest } from 'srvx';
import { NodeRequest, type NodeResponse, sendNodeResponse } from 'srvx/node';

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
    leaveBody({ request, response, bytesBefore });
    sendAnswer(response, answer);
  };
  try {
    const incoming: ServerRequest = new NodeRequest({ req: request, res: response });
    incoming.context = context;
    const answer = handler(incoming);
    if (answer instanceof Promise) answer.then(send).catch((error: Error) => response.destroy(error));
    else send(answer);
  } catch {
    response.writeHead(400, { connection: 'close' }).end(); // the target is no URL
  }
}

/** Sends an answer; one that is there as a whole by one call, and so one write to the connection: srvx takes two. */
function sendAnswer(response: ServerResponse, answer: Response): void {
  const prepared = isPrepared(answer) ? answer._toNodeResponse() : undefined;
  const { body } = prepared ?? {};
  if (!prepared || (body && typeof body !== 'string' && !(body instanceof Uint8Array)))
    return sendPieces(response, prepared ? { _toNodeResponse: () => prepared } : answer);
  if (!response.headersSent) response.writeHead(prepared.status, prepared.statusText, prepared.headers);
  response.end(body ?? undefined);
}

function sendPieces(
  response: ServerResponse,
  answer: Response | Pick<NodeResponse, '_toNodeResponse'>,
): void {
  sendNodeResponse(response, answer as NodeResponse).catch((error: Error) => response.destroy(error));
}

/** Of srvx: what most answers are, as it costs less than one of the platform's. */
function isPrepared(answer: Response): answer is NodeResponse {
  return '_toNodeResponse' in answer;
}

/** A fetch handler as a listener of `node:http`. */
export function nodeListener(handler: FetchHandler): RequestListener {
  return (request, response) => serveRequest(handler, { request, response });
}
