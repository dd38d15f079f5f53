import type { ServerResponse } from 'node:http';

import { FastResponse } from 'srvx';

/**
 * A response with content that is sent piece by piece, each asked for when the last has been handed to the system: so
 * pieces may share their memory, and none are held for a slow reader.
 *
 * A web stream in between costs half of the throughput. srvx hands the response to whatever has a `pipe`, as React's
 * streams have.
 */
export function contentResponse(
  pieces: AsyncIterable<Uint8Array> | null,
  init: { readonly status?: number; readonly headers: Record<string, string> },
): Response {
  const body = pieces && { pipe: (response: ServerResponse) => void send(pieces, response) };
  return new FastResponse(body as BodyInit | null, init);
}

async function send(pieces: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  try {
    for await (const piece of pieces) {
      await written(piece, response);
      if (response.closed) return;
    }
    response.end();
  } catch (error) {
    response.destroy(error as Error); // the head has been sent: to break off is all that is left to say
  }
}

async function written(piece: Uint8Array, response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('close', resolve);
  response.write(piece, () => resolve());
  await promise;
  response.off('close', resolve);
}
