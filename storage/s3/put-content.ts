import { hash } from 'node:crypto';

import { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';

import { type PutOptions, type StoredFile, typeOf } from '../store.ts';
import type { Bucket, Guard } from './bucket.ts';
import { described } from './metadata.ts';
import { MultipartUpload, type SendPart } from './multipart-upload.ts';
import { type Part, partBytesFor, partsOf, verified } from './parts.ts';

interface Putting extends Pick<StoredFile, 'metadata' | 'sha256'>, Pick<PutOptions, 'type'> {
  /** Of the object. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly expectedBytes: number;
  readonly signal: AbortSignal;
  /** Makes the change, by what has to be true of the object that is there. */
  readonly change: (make: (guard: Guard) => Promise<string | undefined>) => Promise<string>;
}

/** What is known of an object when it has been made. */
type Made = Pick<StoredFile, 'bytes' | 'etag' | 'type' | 'sha256'>;

/** A part is 5 MB or more. */
const partMs = 120_000;

/** Sends content as it comes: what is smaller than a part at once, and with its digest; else part by part. */
export async function putContent(bucket: Bucket, putting: Putting): Promise<Made> {
  const { content, expectedBytes } = putting;
  const partBytes = partBytesFor(expectedBytes);
  const spare: Buffer[] = [];
  await using parts = partsOf(verified(content, putting), { partBytes, spare });
  const first = await parts.next();
  if (!first.done && first.value.content.byteLength < partBytes)
    return await putWhole(bucket, first.value.content, putting);
  return await putParts(bucket, { parts: startingWith(first, parts), spare }, putting);
}

async function putWhole(bucket: Bucket, Body: Buffer, putting: Putting): Promise<Made> {
  const { name: Key, metadata, signal, change } = putting;
  const type = typeOf(putting);
  const sha256 = hash('sha256', Body, 'base64');
  const object = { Bucket: bucket.name, Key, ...described({ type, metadata, sha256 }), Body };
  const etag = await change(async (guard) => {
    const command = new PutObjectCommand({ ...object, ...guard });
    return (await bucket.send(command, { signal, timeoutMs: partMs })).ETag;
  });
  return { bytes: Body.byteLength, etag, type, sha256 };
}

async function putParts(
  bucket: Bucket,
  { parts, spare }: { readonly parts: AsyncIterable<Part<Buffer>>; readonly spare: Buffer[] },
  putting: Putting,
): Promise<Made> {
  const { name: Key, metadata, sha256, signal, change } = putting;
  const type = typeOf(putting); // the first part has been read
  let bytes = 0;
  const send: SendPart<Buffer> = async (Body, place, ending) => {
    const command = new UploadPartCommand({ ...place, Body });
    const { ETag } = await bucket.send(command, { signal: ending, timeoutMs: partMs });
    bytes += Body.byteLength;
    spare.push(Body);
    return ETag;
  };
  await using upload = await MultipartUpload.begin(bucket, { Key, ...described({ type, metadata, sha256 }) });
  await upload.sendAll(parts, send, signal);
  const etag = await change(async (guard) => upload.complete(guard));
  return { bytes, etag, type, sha256 };
}

async function* startingWith<T>(
  first: IteratorResult<T, void>,
  others: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  if (!first.done) yield first.value;
  yield* others;
}
