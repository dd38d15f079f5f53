import type { RequestListener } from 'node:http';

import { listen } from 'listhen';
import { getResponse, type HttpHandler } from 'msw';
import { toNodeHandler } from 'srvx/node';

import { errorReply } from './replies.ts';

interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly hostname?: string;
  /** The address that one of this port stands for. */
  readonly realUrl: (url: string) => string;
}

export interface MockServer {
  /** The origin, such as `http://127.0.0.1:8788`. */
  readonly url: string;
  /** Ends running answers and frees the port. */
  close(): Promise<void>;
}

/** Serves handlers that are written for the real addresses on a port of this machine. */
export async function serve(
  handlers: readonly HttpHandler[],
  { port, hostname = '127.0.0.1', realUrl }: ServeOptions,
): Promise<MockServer> {
  const listener = await listen(
    // Its type is for HTTP/1 or HTTP/2; listhen's server speaks the first.
    toNodeHandler((request) => respond(handlers, asReal(request, realUrl))) as RequestListener,
    {
      hostname,
      // listhen would take port 3000 for 0, and another one for a taken one.
      port: { port, random: port === 0 },
      isProd: true,
      isTest: true,
      showURL: false,
      autoClose: false,
    },
  );
  return {
    url: new URL(listener.url).origin,
    close: async () => {
      const closed = listener.close();
      // A stream that goes on until its client leaves would hold the port for as long.
      listener.server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(handlers: readonly HttpHandler[], asked: Request): Promise<Response> {
  try {
    return (await getResponse([...handlers], asked)) ?? unmatched(asked);
  } catch (cause) {
    return errorReply(500, `The mock failed at ${asked.method} ${asked.url}: ${String(cause)}`);
  }
}

function asReal(request: Request, realUrl: ServeOptions['realUrl']): Request {
  // The platform demands `duplex` of a streamed body; the DOM's types do not know it.
  const init: RequestInit & { readonly duplex: 'half' } = {
    method: request.method,
    headers: request.headers,
    body: request.body,
    duplex: 'half',
    signal: request.signal,
  };
  return new Request(realUrl(request.url), init);
}

function unmatched({ method, url }: Request): Response {
  return errorReply(404, `The mock does not serve ${method} ${new URL(url).pathname}`);
}
