import { finished, type Readable } from 'node:stream';

import { bodyTooLarge, watchPace } from '#lib/http';
import { Problem } from '#lib/problems';

import { Splitter, type SplitterOptions } from './splitter.ts';

interface PartsOptions extends SplitterOptions {
  /** Of the whole body. */
  readonly maxBytes: number;
}

/**
 * Splits a body into its parts, reading it no faster than they are taken. What is left of it after an error is not read.
 *
 * @throws {Problem} `malformed-body`, `payload-too-large`, `request-timeout`, and what `take` throws.
 */
export async function takeParts(body: Readable, { maxBytes, ...options }: PartsOptions): Promise<void> {
  await using splitter = new Splitter(options);
  let bytes = 0;
  const count = ({ byteLength }: Buffer) => {
    bytes += byteLength;
    if (bytes > maxBytes) splitter.fail(bodyTooLarge(maxBytes));
  };
  const forget = finished(body, { writable: false }, (error) => {
    if (error) splitter.fail(brokeOff(error));
  });
  using _ = watchPace({
    isWaitedFor: () => body.readableFlowing === true,
    bytes: () => bytes,
    onSlow: (problem) => splitter.fail(problem),
  });
  // Not by `pipeline`, which closes the connection of a request that fails, and with it the way for the answer.
  body.on('data', count).pipe(splitter.input);
  try {
    await splitter.done;
  } finally {
    forget();
    body.off('data', count).unpipe(splitter.input);
  }
}

function brokeOff(cause: unknown): Problem {
  return new Problem('malformed-body', 'The multipart body broke off with its connection.', { cause });
}
