import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of a body without an end, its first piece will do. */
  readonly first?: boolean;
}

/** An answer with every field as it was sent, several of a name joined. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request that may say what `fetch` says by itself, such as `Host` and `Origin`. */
export async function ask(
  url: string,
  { method = 'GET', headers, body, first = false }: Asked = {},
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const sent = request(url, { method, headers, agent: false }, (response) => {
    (first ? firstPiece(response) : text(response)).then(
      (received) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
      reject,
    );
  });
  sent.on('error', reject).end(body);
  return promise;
}

async function firstPiece(response: IncomingMessage): Promise<string> {
  for await (const piece of response) return String(piece); // and leaves
  return '';
}
