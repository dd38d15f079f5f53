import { createHash } from 'node:crypto';

import { checkDigest } from '../digest.ts';

/** A part of an object: they are counted from 1. */
export interface Part<T> {
  readonly number: number;
  readonly content: T;
}

/** S3 takes none that is smaller, but the last, and no more than so many. */
const leastPartBytes = 5 * 1024 ** 2;
const mostParts = 10_000;

/** How large the parts of so many bytes are. */
export function partBytesFor(bytes: number): number {
  return Math.max(leastPartBytes, Math.ceil(bytes / mostParts));
}

interface Cutting {
  readonly partBytes: number;
  /** Where who is done with a part leaves it, for another to be put into: garbage of this size is collected late. */
  readonly spare: Buffer[];
}

/** Cuts content into parts of one size, of which the last may be smaller; of empty content there is an empty one. */
export async function* partsOf(
  content: AsyncIterable<Uint8Array>,
  { partBytes, spare }: Cutting,
): AsyncGenerator<Part<Buffer>, void> {
  const next = () => spare.pop() ?? Buffer.allocUnsafeSlow(partBytes);
  let [number, part, bytes] = [1, next(), 0];
  for await (const piece of content) {
    let rest = piece;
    while (bytes + rest.byteLength >= partBytes) {
      part.set(rest.subarray(0, partBytes - bytes), bytes);
      rest = rest.subarray(partBytes - bytes);
      yield { number, content: part };
      [number, part, bytes] = [number + 1, next(), 0];
    }
    part.set(rest, bytes);
    bytes += rest.byteLength;
  }
  if (number === 1 || bytes > 0) yield { number, content: part.subarray(0, bytes) };
}

/** Content as it comes, that ends well only where it is what was said of it. @throws {Problem} `digest-mismatch` */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  { sha256, signal }: { readonly sha256: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void> {
  const digest = sha256 === undefined ? undefined : createHash('sha256');
  for await (const piece of content) {
    signal.throwIfAborted();
    digest?.update(piece);
    yield piece;
  }
  signal.throwIfAborted();
  if (digest) checkDigest(digest.digest(), sha256);
}
