import { ReadableStream as NodeReadableStream } from 'node:stream/web';

/**
 * A response that is sent piece by piece; the next piece is asked for when the reader has taken the last.
 *
 * `no-transform` and `x-accel-buffering` keep proxies from compressing, which holds pieces back, and from buffering.
 */
export function streamedResponse(
  type: string,
  pieces: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(NodeReadableStream.from(pieces) as ReadableStream, {
    headers: {
      'content-type': type,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    },
  });
}
