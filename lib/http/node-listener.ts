import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { ServerRequest } from 'srvx';
import { toNodeHandler } from 'srvx/node';

import { leaveBody } from './left-body.ts';

/** A fetch handler as a listener of `node:http`. `context` makes what the handler finds on `request.context`. */
export function nodeListener(
  handler: (request: ServerRequest) => Response | Promise<Response>,
  context?: (request: IncomingMessage, response: ServerResponse) => Record<string, unknown>,
): RequestListener {
  const contexts = new WeakMap<IncomingMessage, Record<string, unknown>>();
  const serve = toNodeHandler((request: ServerRequest) => {
    const incoming = request.runtime?.node?.req as IncomingMessage;
    const response = request.runtime?.node?.res as ServerResponse;
    request.context = contexts.get(incoming) ?? {};
    const bytesBefore = incoming.socket.bytesRead;
    const answered = (answer: Response) => {
      leaveBody({ request: incoming, response, bytesBefore });
      return answer;
    };
    const answer = handler(request);
    return answer instanceof Promise ? answer.then(answered) : answered(answer);
  }) as RequestListener; // srvx types HTTP/2 as well
  return (request, response) => {
    if (context) contexts.set(request, context(request, response));
    try {
      serve(request, response);
    } catch {
      response.writeHead(400, { connection: 'close' }).end(); // the target is no URL
    }
  };
}
