import type { Readable } from 'node:stream';

import { Dicer } from '@fastify/busboy';

import { Problem } from '#lib/problems';

import type { PartHeaders } from './part-head.ts';

interface PartsOptions {
  readonly boundary: string;
  readonly maxParts: number;
  /** Sees each piece of the body before its parts; what it throws ends the reading. */
  readonly meter: (piece: Uint8Array) => void;
  /** Takes a part: reads its content to the end. Called for one part after the other, numbered from one. */
  readonly take: (part: Part) => Promise<void>;
}

export interface Part {
  readonly number: number;
  readonly headers: PartHeaders;
  readonly content: Readable;
}

/**
 * Splits a body into its parts. The client is read no faster than its parts are taken.
 *
 * @throws {Problem} `malformed-body`, `payload-too-large`, and what `meter` and `take` throw.
 */
export async function takeParts(
  body: Readable,
  { boundary, maxParts, meter, take }: PartsOptions,
): Promise<void> {
  const failure = Promise.withResolvers<never>();
  const givenUp = new AbortController();
  const contents: Readable[] = [];
  const splitter = new Dicer({ boundary });
  const finished = new Promise<void>((resolve) => splitter.once('finish', resolve));
  let headless = 0;
  let taken = Promise.resolve();
  splitter.on('error', () => failure.reject(broken('ends before its closing boundary')));
  splitter.on('part', (content) => {
    const number = contents.push(content);
    headless += 1;
    if (number > maxParts) failure.reject(tooMany(maxParts));
    content.on('error', () => undefined); // the splitter has told it, or whoever took the part does
    content.on('header', (headers) => {
      headless -= 1;
      // One after the other, though many small ones come at once: each may open a file.
      taken = taken.then(() => {
        givenUp.signal.throwIfAborted(); // a `pipeline` from a stream that was destroyed after its end never settles
        return take({ number, headers: headers as PartHeaders, content });
      });
      taken.catch(failure.reject);
    });
  });
  const done = feed(body, splitter, meter).then(async () => {
    await finished;
    await taken;
    if (headless > 0) throw broken('has a part without the empty line after its headers');
  });
  try {
    await Promise.race([failure.promise, done]);
  } finally {
    givenUp.abort();
    for (const content of contents) content.destroy(givenUp.signal.reason);
    await taken.catch(() => undefined); // told above, or not what failed first
  }
}

/** Not by `pipeline`, which closes the connection of a request that fails, and with it the answer's. */
async function feed(body: Readable, splitter: Dicer, meter: PartsOptions['meter']): Promise<void> {
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const piece of pieces) {
      meter(piece);
      await new Promise<void>((resolve) => splitter.write(piece, () => resolve()));
    }
  } catch (error) {
    throw error instanceof Problem ? error : broken('broke off with its connection', error);
  }
  splitter.end();
}

function broken(how: string, cause?: unknown): Problem {
  return new Problem('malformed-body', `The multipart body ${how}.`, { cause });
}

function tooMany(maxParts: number): Problem {
  return new Problem('payload-too-large', `The body has more than ${maxParts} parts.`, {
    limit: `${maxParts} parts`,
  });
}
