import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, glob, open, rename, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';

import { checkConditions } from '../conditions.ts';
import type { ObjectKey } from '../key.ts';
import type {
  Conditions,
  FileStore,
  ListOptions,
  OpenedFile,
  Page,
  PutOptions,
  StoredFile,
} from '../store.ts';
import { ContentWriter } from './content-writer.ts';
import { makeDirectory, syncDirectory, writeDurably } from './durable.ts';
import { FileIndex } from './file-index.ts';
import { KeyLocks } from './key-locks.ts';
import { readPieces } from './read-pieces.ts';
import { type FileRecord, Records } from './records.ts';
import { storedFile } from './stored-file.ts';

interface DiskOptions {
  /** A folder of its own. */
  readonly directory: string;
  /** Bytes that all files may take together. */
  readonly quotaBytes: number;
}

interface Parts {
  readonly records: Records;
  readonly index: FileIndex;
  readonly blobs: string;
  readonly incoming: string;
  readonly quotaBytes: number;
}

/** Content that has been written, and is no file yet. */
interface Written {
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: Buffer;
}

/**
 * Files on a disk. The content of each lies in a file of a random name, and is written to the medium before its record is:
 * a crash leaves content without a record at most, which is swept at the next start. Keys are no paths, so there is none
 * that could lead elsewhere.
 */
export class DiskStore implements FileStore {
  readonly #parts: Parts;
  readonly #locks = new KeyLocks();
  /** Bytes of content that is being written. */
  #incomingBytes = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Opens the folder, and sweeps what a crash has left in it. */
  static async open({ directory, quotaBytes }: DiskOptions): Promise<DiskStore> {
    const [blobs, incoming, recorded] = ['blobs', 'incoming', 'records'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    for (const folder of [blobs, incoming, recorded]) await makeDirectory(folder);
    const records = new Records(recorded, incoming);
    const index = new FileIndex(join(directory, 'index.sqlite'));
    await sweepIncoming(incoming);
    if (!index.isSound) {
      for await (const record of records.all()) index.set(record, undefined);
      await sweepBlobs(blobs, index);
    }
    return new DiskStore({ records, index, blobs, incoming, quotaBytes });
  }

  async put(
    key: ObjectKey,
    content: AsyncIterable<Uint8Array>,
    { expectedBytes = 0, sha256, type, metadata = {}, signal, ...conditions }: PutOptions,
  ): Promise<StoredFile> {
    checkConditions(key, await this.head(key), conditions); // before the content is read
    await this.#checkRoom(expectedBytes);
    const written = await this.#write(content, { expectedBytes, signal });
    try {
      checkDigest(written, sha256);
      return await this.#commit({ key, type, metadata, ...recordOf(written) }, conditions);
    } catch (error) {
      await this.#discard(written.blob);
      throw error;
    }
  }

  async head(key: ObjectKey): Promise<StoredFile | undefined> {
    const record = await this.#parts.records.read(key);
    return record && storedFile(record);
  }

  async open(key: ObjectKey): Promise<OpenedFile | undefined> {
    for (;;) {
      const record = await this.#parts.records.read(key);
      if (!record) return undefined;
      const handle = await open(this.#pathOf(record.blob), 'r').catch(ignoreMissing);
      if (handle) return openedFile(storedFile(record), handle);
      // replaced between the two: there is a new record by now
    }
  }

  async delete(key: ObjectKey, conditions: Conditions = {}): Promise<boolean> {
    const { records, index } = this.#parts;
    return this.#locks.hold(key, async () => {
      const record = await records.read(key);
      checkConditions(key, record && storedFile(record), conditions);
      if (!record) return false;
      await records.remove(key);
      index.remove(record);
      await this.#discard(record.blob);
      return true;
    });
  }

  async list(options: ListOptions): Promise<Page> {
    return this.#parts.index.list(options);
  }

  async copy(from: ObjectKey, to: ObjectKey, conditions: Conditions = {}): Promise<StoredFile> {
    await using source = await this.open(from);
    if (!source) throw new Problem('not-found', `There is no file '${from}'.`);
    const { type, metadata, bytes } = source.file;
    const signal = new AbortController().signal;
    const options = { type, metadata, expectedBytes: bytes, signal, ...conditions };
    return await this.put(to, source.pieces(), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.index[Symbol.dispose]();
  }

  async #commit(record: FileRecord, conditions: Conditions): Promise<StoredFile> {
    const { records, index } = this.#parts;
    return this.#locks.hold(record.key, async () => {
      const replaced = await records.read(record.key);
      checkConditions(record.key, replaced && storedFile(replaced), conditions);
      await records.write(record);
      index.set(record, replaced);
      if (replaced) await this.#discard(replaced.blob);
      return storedFile(record);
    });
  }

  async #write(
    content: AsyncIterable<Uint8Array>,
    { expectedBytes, signal }: Required<Pick<PutOptions, 'expectedBytes' | 'signal'>>,
  ): Promise<Written> {
    const blob = randomUUID();
    const path = join(this.#parts.incoming, blob);
    const digest = createHash('sha256');
    let bytes = 0;
    try {
      await writeDurably(path, async (file) => {
        const writer = new ContentWriter(file, expectedBytes);
        for await (const piece of content) {
          signal.throwIfAborted();
          bytes += piece.byteLength;
          this.#incomingBytes += piece.byteLength;
          if (this.#leftBytes < 0) throw await this.#full(bytes);
          digest.update(piece);
          await writer.write(piece);
        }
        await writer.end();
      });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? await this.#full(bytes) : error;
    } finally {
      this.#incomingBytes -= bytes;
    }
    await rename(path, this.#pathOf(blob));
    await syncDirectory(this.#parts.blobs);
    return { blob, bytes, sha256: digest.digest() };
  }

  get #leftBytes(): number {
    const { index, quotaBytes } = this.#parts;
    return quotaBytes - index.bytes - this.#incomingBytes;
  }

  async #checkRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#parts.blobs);
    if (bytes > Math.min(this.#leftBytes, bavail * bsize)) throw await this.#full(bytes);
  }

  async #full(bytes: number): Promise<Problem> {
    const { bavail, bsize } = await statfs(this.#parts.blobs);
    const free = Math.max(0, Math.min(this.#leftBytes, bavail * bsize));
    return new Problem(
      'storage-full',
      `There is no room for a file of ${formatBytes(bytes)}: ${formatBytes(free)} are free.`,
      {
        limit: formatBytes(this.#parts.quotaBytes),
        used: formatBytes(this.#parts.index.bytes),
      },
    );
  }

  #pathOf(blob: string): string {
    return join(this.#parts.blobs, blob);
  }

  async #discard(blob: string): Promise<void> {
    await rm(this.#pathOf(blob), { force: true });
  }
}

function recordOf({ blob, bytes, sha256 }: Written): Omit<FileRecord, 'key' | 'type' | 'metadata'> {
  const etag = sha256.toString('hex').slice(0, etagChars);
  return { blob, bytes, etag, modifiedAt: Date.now(), sha256: sha256.toString('base64') };
}

/** Of the digest: 128 bits tell all contents apart. */
const etagChars = 32;

function checkDigest({ sha256 }: Written, wanted: string | undefined): void {
  if (wanted === undefined || sha256.equals(Buffer.from(wanted, 'base64'))) return;
  throw new Problem(
    'digest-mismatch',
    `The content has the SHA-256 ${sha256.toString('base64')}, not ${wanted}.`,
  );
}

function openedFile(file: StoredFile, handle: FileHandle): OpenedFile {
  return {
    file,
    pieces: (range = { first: 0, last: file.bytes - 1 }) => readPieces(handle, range),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function sweepIncoming(incoming: string): Promise<void> {
  for await (const name of glob('*', { cwd: incoming })) await rm(join(incoming, name), { force: true });
}

async function sweepBlobs(blobs: string, index: FileIndex): Promise<void> {
  for await (const name of glob('*', { cwd: blobs }))
    if (!index.hasBlob(basename(name))) await rm(join(blobs, name), { force: true });
}
