import type { IncomingMessage } from 'node:http';

import type { H3Event } from 'h3';

import { Problem } from '#lib/problems';

import { watchPace } from './pace.ts';

type Piece = Buffer<ArrayBuffer>;

/**
 * The body of a request that nobody else reads, as it comes from Node itself. A piece's memory is the reader's. Whoever stops
 * reading before its end can still answer.
 *
 * @throws {Problem} `malformed-body` where it breaks off, `request-timeout` where it hardly comes.
 */
export async function* incomingPieces({ runtime }: H3Event): AsyncGenerator<Piece> {
  const body = runtime?.node?.req as IncomingMessage; // there is no HTTP/2 here
  // to destroy it would be to destroy the connection, on which there is still to be an answer
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Piece>;
  let bytes = 0;
  let giveUp: ((problem: Problem) => void) | undefined;
  using _ = watchPace({
    isWaitedFor: () => giveUp !== undefined,
    bytes: () => bytes,
    onSlow: (problem) => giveUp?.(problem),
  });
  try {
    for (;;) {
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Piece>>();
      giveUp = reject;
      pieces.next().then(resolve, (cause: unknown) => reject(brokeOff(cause)));
      const { value, done } = await promise;
      giveUp = undefined;
      if (done) return;
      bytes += value.byteLength;
      yield value;
    }
  } finally {
    if (!body.readableEnded && giveUp === undefined) await pieces.return?.();
  }
}

function brokeOff(cause: unknown): Problem {
  return new Problem('malformed-body', 'The body broke off before its end.', { cause });
}
