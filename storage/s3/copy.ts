import { CopyObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';

import type { StoredFile } from '../store.ts';
import type { Bucket, Guard } from './bucket.ts';
import type { described } from './metadata.ts';
import { MultipartUpload, type SendPart } from './multipart-upload.ts';
import { quoted } from './object-facts.ts';
import type { Part } from './parts.ts';

/** An object as it was looked at. */
export interface Source extends Pick<StoredFile, 'bytes' | 'etag'> {
  readonly name: string;
}

interface Copying {
  readonly source: Source;
  /** The name of the new object. */
  readonly name: string;
  /** What is said of the new one. */
  readonly description: ReturnType<typeof described>;
  /** S3 copies no more at once. */
  readonly mostBytesAtOnce: number;
  readonly guard: Guard;
}

/** S3 may copy for long before it answers. */
const copyMs = 300_000;

/** Copies an object within the bucket, by parts where it is too large for one copy. @returns its ETag. */
export async function copyObject(bucket: Bucket, copying: Copying): Promise<string | undefined> {
  const { source, mostBytesAtOnce } = copying;
  return source.bytes > mostBytesAtOnce ? copyInParts(bucket, copying) : copyWhole(bucket, copying);
}

async function copyWhole(
  bucket: Bucket,
  { source, name, description, guard }: Copying,
): Promise<string | undefined> {
  const place = { Bucket: bucket.name, Key: name, MetadataDirective: 'REPLACE' } as const;
  const command = new CopyObjectCommand({ ...place, ...description, ...from(bucket, source), ...guard });
  const { CopyObjectResult } = await bucket.send(command, { timeoutMs: copyMs });
  return CopyObjectResult?.ETag;
}

async function copyInParts(bucket: Bucket, copying: Copying): Promise<string | undefined> {
  const { source, name, description, mostBytesAtOnce, guard } = copying;
  const send: SendPart<string> = async (CopySourceRange, place, signal) => {
    const command = new UploadPartCopyCommand({ ...place, ...from(bucket, source), CopySourceRange });
    const { CopyPartResult } = await bucket.send(command, { signal, timeoutMs: copyMs });
    return CopyPartResult?.ETag;
  };
  await using upload = await MultipartUpload.begin(bucket, { Key: name, ...description });
  await upload.sendAll(ranges(source.bytes, mostBytesAtOnce), send);
  return await upload.complete(guard);
}

/** The object as it was looked at, and no other that may be in its place by now. */
function from(bucket: Bucket, { name, etag }: Source) {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return { CopySource: `${bucket.name}/${path}`, CopySourceIfMatch: quoted(etag) };
}

async function* ranges(bytes: number, partBytes: number): AsyncGenerator<Part<string>, void> {
  for (let first = 0, number = 1; first < bytes; first += partBytes, number += 1)
    yield { number, content: `bytes=${first}-${Math.min(first + partBytes, bytes) - 1}` };
}
