import { hash, randomUUID } from 'node:crypto';
import { glob, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { type ObjectKey, parseKey } from '../key.ts';
import type { Blob } from './blobs.ts';
import { makeDirectory, replaceDurably, syncDirectory } from './durable.ts';

const schema = z.object({
  key: z.string().transform(parseKey),
  /** The name of the file with the content. */
  blob: z.uuid(),
  bytes: z.int().min(0),
  etag: z.string(),
  type: z.string(),
  modifiedAt: z.number(),
  sha256: z.string(),
  metadata: z.record(z.string(), z.string()),
});

/** What is kept of a file beside its content. */
export type FileRecord = Readonly<z.output<typeof schema>>;

/**
 * A record for each key, as a small file that is replaced as a whole: with it a file is there, without it it is not. Its
 * name is a digest of the key, so keys are no paths.
 */
export class Records {
  readonly #directory: string;
  readonly #incoming: string;

  constructor(directory: string, incoming: string) {
    this.#directory = directory;
    this.#incoming = incoming;
  }

  async read(key: ObjectKey): Promise<FileRecord | undefined> {
    return readRecord(this.#pathOf(key));
  }

  async write(record: FileRecord): Promise<void> {
    const path = this.#pathOf(record.key);
    await makeDirectory(dirname(path));
    await replaceDurably(path, JSON.stringify(record), join(this.#incoming, randomUUID()));
  }

  async remove(key: ObjectKey): Promise<void> {
    const path = this.#pathOf(key);
    await rm(path);
    await syncDirectory(dirname(path));
  }

  /** All that there are, and the errors of those that cannot be read. */
  async *all(): AsyncGenerator<FileRecord | Error> {
    for await (const name of glob('*/*.json', { cwd: this.#directory })) {
      const record = await readRecord(join(this.#directory, name)).catch((error: Error) => error);
      if (record) yield record;
    }
  }

  #pathOf(key: ObjectKey): string {
    const digest = hash('sha256', key, 'hex');
    return join(this.#directory, digest.slice(0, 2), `${digest}.json`);
  }
}

/** Of the digest: 128 bits tell all contents apart. */
const etagChars = 32;

/** What a record has of its content, from now on. */
export function contentFields({ blob, bytes, sha256 }: Blob): Omit<FileRecord, 'key' | 'type' | 'metadata'> {
  const etag = sha256.toString('hex').slice(0, etagChars);
  return { blob, bytes, etag, modifiedAt: Date.now(), sha256: sha256.toString('base64') };
}

async function readRecord(path: string): Promise<FileRecord | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} is no record of a file: ${(error as Error).message}`, { cause: error });
  }
}
