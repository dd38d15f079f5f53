import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import nodeAdapter from 'crossws/adapters/node';
import type { ServerRequest } from 'srvx';

import type { FetchHandler, Upgrade } from '#lib/http';
import type { Service } from '#lib/service';

import { Answer } from './answer.ts';

/** Of RFC 6455, 7.4.1: the endpoint goes away. */
const goingAway = 1001;
/** Whoever has not closed its side by then does not keep the service from ending. */
const closeMs = 1000;

/** The request to become a WebSocket; any other protocol is not spoken here, and ignored (RFC 9110, 7.8). */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * The WebSockets of a server. A request for one goes the way of all requests, with a response that is sent where it is
 * refused: so the log, the key and all limits hold for it. That response ends with the WebSocket.
 */
export class WebSockets {
  readonly #service: Service;
  readonly #adapter: ReturnType<typeof nodeAdapter>;
  readonly #asked = new WeakMap<IncomingMessage, Asked>();

  constructor(service: Service) {
    this.#service = service;
    this.#adapter = nodeAdapter({
      resolve: ({ context }) => (context as { upgrade?: Upgrade } | undefined)?.upgrade?.hooks ?? {},
      serverOptions: { maxPayload: service.config.HEADY_MAX_BODY },
    });
    service.draining.addEventListener('abort', () => this.#closeAll(), { once: true });
  }

  /** A handler that opens a WebSocket where the route accepts it, in place of an answer. */
  over(handler: FetchHandler): FetchHandler {
    return (request) => {
      const asked = this.#asked.get(request.runtime?.node?.req as IncomingMessage);
      return asked ? this.#answer(request, asked, handler) : handler(request);
    };
  }

  /** Has the server take requests for WebSockets as it does all others. */
  listen(server: Server): void {
    server.on('upgrade', (request, duplex, head) => {
      const socket = duplex as Socket; // of an HTTP server it is one
      socket.on('error', () => socket.destroy()); // Node's own listener is gone
      const response = new Answer(request);
      response.setHeader('connection', 'close');
      response.once('finish', () => socket.destroySoon());
      try {
        response.assignSocket(socket);
      } catch {
        return void socket.destroy(); // a request before it is not answered yet: no client does that
      }
      this.#asked.set(request, { response, socket, head });
      server.emit('request', request, response);
    });
  }

  async #answer(request: ServerRequest, asked: Asked, handler: FetchHandler): Promise<Response> {
    const upgrade: Upgrade = {};
    Object.assign(request.context ?? {}, { upgrade });
    const answer = await handler(request);
    if (!upgrade.hooks) return answer;
    const { response, socket, head } = asked;
    await this.#adapter.handleUpgrade(response.req, socket, head, request);
    response.writeHead(101); // for the log: it has been sent
    if (this.#service.draining.aborted) this.#closeAll();
    if (!socket.closed) await once(socket, 'close');
    return answer; // there is nobody left to send it to
  }

  #closeAll(): void {
    this.#adapter.closeAll(goingAway, 'shutting down');
    setTimeout(() => this.#adapter.closeAll(goingAway, '', true), closeMs).unref();
  }
}

/** What a request for a WebSocket comes with. */
interface Asked {
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** What the client has sent after it. */
  readonly head: Buffer;
}
