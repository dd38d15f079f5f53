import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { bodyTooLarge } from '#lib/http';
import { release } from '#lib/memory';
import { Problem } from '#lib/problems';

/** As `Tus-Checksum-Algorithm` lists them. */
export const algorithms: readonly string[] = ['sha1', 'sha256', 'md5'];

export interface Checksum {
  readonly algorithm: string;
  readonly digest: Buffer;
}

/**
 * The checksum that a request says its body has.
 *
 * @throws {Problem} `bad-request`
 * @see https://tus.io/protocols/resumable-upload#checksum
 */
export function saidChecksum(headers: Headers): Checksum | undefined {
  const said = headers.get('upload-checksum');
  if (said === null) return undefined;
  const [, algorithm = '', digest = ''] = /^(\w+) ([A-Za-z0-9+/]+={0,2})$/.exec(said) ?? [];
  if (algorithms.includes(algorithm)) return { algorithm, digest: Buffer.from(digest, 'base64') };
  throw new Problem(
    'bad-request',
    `\`Upload-Checksum\` is '${said}': send one of ${algorithms.join(', ')}, a blank, and the digest in base64.`,
  );
}

interface Verifying {
  readonly checksum: Checksum;
  /** Where the content is until it is trusted. */
  readonly quarantine: string;
  readonly maxBytes: number;
}

/** Content that is what its checksum says, in a file that is gone when this is disposed of. */
export interface VerifiedContent extends AsyncDisposable {
  stream(): ReadableStream<Uint8Array>;
}

/**
 * Reads content to its end, into a file of its own: bytes that are not verified are no part of an upload, whatever
 * happens meanwhile.
 *
 * @throws {Problem} `checksum-mismatch`, `payload-too-large`
 */
export async function verify(
  content: ReadableStream<Uint8Array>,
  { checksum, quarantine, maxBytes }: Verifying,
): Promise<VerifiedContent> {
  const path = join(quarantine, randomUUID());
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => rm(path, { force: true }));
  const digest = await write(content, { path, algorithm: checksum.algorithm, maxBytes });
  if (!digest.equals(checksum.digest))
    throw new Problem(
      'checksum-mismatch',
      `The ${checksum.algorithm} of the bytes is ${digest.toString('base64')}, not ${checksum.digest.toString('base64')}.`,
    );
  const kept = stack.move();
  return {
    stream: () => NodeReadableStream.from(createReadStream(path)) as ReadableStream<Uint8Array>,
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  };
}

async function write(
  content: ReadableStream<Uint8Array>,
  {
    path,
    algorithm,
    maxBytes,
  }: { readonly path: string; readonly algorithm: string; readonly maxBytes: number },
): Promise<Buffer> {
  await using file = await open(path, 'wx', 0o600);
  const digest = createHash(algorithm);
  let bytes = 0;
  for await (const piece of content as unknown as AsyncIterable<Buffer<ArrayBuffer>>) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
    digest.update(piece);
    await file.writeFile(piece);
    release(piece);
  }
  return digest.digest();
}
