import type { ServerResponse } from 'node:http';

import { FastResponse } from 'srvx';

/**
 * A response with content that is sent piece by piece, each asked for when the last has been handed to the system: so
 * pieces may share their memory, and none are held for a slow reader.
 *
 * A web stream in between costs half of the throughput. srvx hands the response to whatever has a `pipe`, as React's
 * streams have.
 */
export async function contentResponse(
  pieces: AsyncIterable<Uint8Array> | null,
  init: { readonly status?: number; readonly headers: Record<string, string> },
): Promise<Response> {
  const begun = pieces && (await beginning(pieces));
  const body = begun && { pipe: (response: ServerResponse) => void send(begun, response) };
  return new FastResponse(body as BodyInit | null, init);
}

/** Asks for the first piece, so that what fails at once does so before there is a head that says otherwise. */
async function beginning(pieces: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = pieces[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(await iterator.next());
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const first = next;
        next = undefined;
        return first ?? iterator.next();
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
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
