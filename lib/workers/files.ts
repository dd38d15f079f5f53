import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { mediaTypeOf } from '#lib/media-type';
import type { Call, GivenFile, Parts } from '#lib/python';

type Input = Pick<Call, 'input' | 'parts'>;

/**
 * Makes a call with the arguments, those that are blobs, or lists with some, as files: they go to disk piece by piece and
 * belong to the call once it is admitted. Keys of stored files are texts, which the call itself looks up.
 */
export async function withFiles<T>(
  given: Readonly<Record<string, unknown>>,
  directory: string,
  call: (input: Input) => Promise<T>,
): Promise<T> {
  const [files, values] = partition(given);
  const input = Buffer.from(JSON.stringify(Object.fromEntries(values), refuseFormless));
  if (files.length === 0) return call({ input });
  const folder = await mkdtemp(join(directory, 'upload-'));
  try {
    return await call({ input, parts: await written(files, folder) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** For `JSON.stringify`, which makes nothing of these without a word. */
function refuseFormless(key: string, value: unknown): unknown {
  if (isBlob(value))
    throw new TypeError(`'${key}': a file is an argument of its own, or one of a list of files`);
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
    throw new TypeError(`'${key}': a ${value.constructor.name} has no form in JSON`);
  return value;
}

type Named = readonly [name: string, values: readonly (Blob | string)[]];

function partition(given: Readonly<Record<string, unknown>>): [Named[], [string, unknown][]] {
  const files: Named[] = [];
  const values: [string, unknown][] = [];
  for (const [name, value] of Object.entries(given)) {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (all.some(isBlob) && all.every(isBlobOrKey)) files.push([name, all]);
    else values.push([name, value]);
  }
  return [files, values];
}

function isBlobOrKey(value: unknown): value is Blob | string {
  return typeof value === 'string' || isBlob(value);
}

function isBlob(value: unknown): value is Blob {
  return value instanceof Blob;
}

async function written(files: readonly Named[], folder: string): Promise<Parts> {
  const parts: [string, (string | GivenFile)[]][] = [];
  let count = 0;
  for (const [name, values] of files) {
    const list: (string | GivenFile)[] = [];
    for (const value of values)
      list.push(isBlob(value) ? await writeBlob(value, join(folder, String((count += 1)))) : value);
    parts.push([name, list]);
  }
  return Object.fromEntries(parts);
}

async function writeBlob(blob: Blob, path: string): Promise<GivenFile> {
  const bytes = Readable.from(blob.stream() as AsyncIterable<Uint8Array>);
  await pipeline(bytes, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  const name = blob instanceof File ? blob.name : 'file';
  return { path, name, type: mediaTypeOf(blob.type), bytes: blob.size };
}
