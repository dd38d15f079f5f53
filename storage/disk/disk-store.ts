import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Problem } from '#lib/problems';

import { checkConditions } from '../conditions.ts';
import { checkDigest } from '../digest.ts';
import { isFull } from '../faults.ts';
import { KeyLocks } from '../key-locks.ts';
import type { ObjectKey } from '../key.ts';
import {
  type AdoptOptions,
  type Conditions,
  type FileStore,
  type ListOptions,
  type OpenedFile,
  type Page,
  type PutOptions,
  type Reservation,
  type StoredFile,
  typeOf,
} from '../store.ts';
import { type Blob, Blobs } from './blobs.ts';
import { makeDirectory } from './durable.ts';
import { Eviction } from './eviction.ts';
import { type DatedBlob, FileIndex } from './file-index.ts';
import { Lifetime } from './lifetime.ts';
import { openedFile } from './opened-file.ts';
import { contentFields, type FileRecord, Records } from './records.ts';
import { contentIsLost, fill } from './recovery.ts';
import { type Claim, Room } from './room.ts';
import { storedFile } from './stored-file.ts';

interface DiskOptions {
  /** A folder of its own. */
  readonly directory: string;
  /** Bytes that all files may take together. */
  readonly quotaBytes: number;
  /**
   * Files last for so many milliseconds, and the oldest are dropped before where there is no room else. Without it none is
   * ever dropped.
   */
  readonly lifetimeMs?: number | undefined;
  /** Is told of what the disk has lost. */
  readonly onFault?: ((error: Error) => void) | undefined;
}

interface Parts {
  readonly records: Records;
  readonly index: FileIndex;
  readonly blobs: Blobs;
  readonly room: Room;
  readonly lifetime: Lifetime;
}

type KeepOptions = AdoptOptions & Pick<PutOptions, 'sha256'> & { readonly claim?: Claim | undefined };

/**
 * Files on a disk. The content of each lies in a file of a random name, and is written to the medium before its record is:
 * a crash leaves content without a record at most, which is swept at the next start. Keys are no paths, so there is none
 * that could lead elsewhere.
 */
export class DiskStore implements FileStore {
  readonly #parts: Parts;
  readonly #locks = new KeyLocks();
  readonly #eviction: Eviction;
  #isClosed = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#eviction = new Eviction({ ...parts, drop: (dated) => this.#drop(dated) });
  }

  /** Opens the folder, and sweeps what a crash has left in it. */
  static async open({ directory, quotaBytes, lifetimeMs, onFault }: DiskOptions): Promise<DiskStore> {
    const incoming = join(directory, 'incoming');
    const blobs = new Blobs(join(directory, 'blobs'), incoming);
    await blobs.prepare();
    await makeDirectory(join(directory, 'records'));
    const records = new Records(join(directory, 'records'), incoming);
    const index = new FileIndex(join(directory, 'index.sqlite'));
    if (!index.isSound) {
      const faults = await fill(index, { records, blobs });
      for (const fault of faults) onFault?.(fault);
      if (faults.length === 0) await blobs.sweep((blob) => index.hasBlob(blob)); // else whose content it is may be in one of them
    }
    const room = new Room({ directory, quotaBytes, storedBytes: () => index.bytes });
    return new DiskStore({ records, index, blobs, room, lifetime: new Lifetime(lifetimeMs) });
  }

  async put(
    key: ObjectKey,
    content: AsyncIterable<Uint8Array>,
    { expectedBytes = 0, sha256, type, metadata = {}, signal, around, ...conditions }: PutOptions,
  ): Promise<StoredFile> {
    checkConditions(key, await this.head(key), conditions); // before the content is read
    using claim = await this.#eviction.claim(expectedBytes);
    const written = await this.#write(content, { claim, signal });
    return await this.#keep(key, written, { type, metadata, sha256, around, claim, ...conditions });
  }

  async adopt(key: ObjectKey, place: string, options: AdoptOptions): Promise<StoredFile | undefined> {
    checkConditions(key, await this.head(key), options); // before the content is read
    const linked = await this.#parts.blobs.link(place);
    if (!linked) return undefined;
    const file = await this.#keep(key, linked, options);
    await rm(place);
    return file;
  }

  async reserve(bytes: number, promised?: { readonly presentBytes: number }): Promise<Reservation> {
    if (!promised) return this.#eviction.claim(bytes);
    const claim = this.#parts.room.hold(bytes);
    claim.holds(promised.presentBytes);
    return claim;
  }

  async head(key: ObjectKey): Promise<StoredFile | undefined> {
    const record = await this.#parts.records.read(key);
    return this.#parts.lifetime.has(record) ? storedFile(record) : undefined;
  }

  async open(key: ObjectKey): Promise<OpenedFile | undefined> {
    for (let missing: string | undefined; ;) {
      const record = await this.#parts.records.read(key);
      if (!this.#parts.lifetime.has(record)) return undefined;
      const handle = await this.#parts.blobs.open(record.blob);
      if (handle) return openedFile(storedFile(record), handle);
      if (record.blob === missing) throw contentIsLost(record);
      missing = record.blob; // replaced between the two: there is a new record by now
    }
  }

  async delete(key: ObjectKey, conditions: Conditions = {}): Promise<boolean> {
    return this.#change(key, async () => {
      const record = await this.#parts.records.read(key);
      const isThere = this.#parts.lifetime.has(record);
      checkConditions(key, isThere ? storedFile(record) : undefined, conditions);
      if (record) await this.#remove(record);
      return isThere;
    });
  }

  async list(options: ListOptions): Promise<Page> {
    return this.#parts.index.list(options, this.#parts.lifetime.bornSince);
  }

  async copy(from: ObjectKey, to: ObjectKey, conditions: Conditions = {}): Promise<StoredFile> {
    await using source = await this.open(from);
    if (!source) throw new Problem('not-found', `There is no file '${from}'.`);
    const { type, metadata, bytes } = source.file;
    const signal = new AbortController().signal;
    const options = { type, metadata, expectedBytes: bytes, signal, ...conditions };
    return await this.put(to, source.pieces(), options);
  }

  /** Lets the changes end that have begun; there are none afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#locks.settled();
    this.#parts.index[Symbol.dispose]();
  }

  /** One change of a file after the other. @throws {Problem} `shutting-down` */
  async #change<T>(key: ObjectKey, work: () => Promise<T>): Promise<T> {
    return this.#locks.hold(key, async () => {
      if (this.#isClosed)
        throw new Problem('shutting-down', 'The storage is closed.', { retryAfterSeconds: 1 });
      return work();
    });
  }

  async #write(
    content: AsyncIterable<Uint8Array>,
    { claim, signal }: { readonly claim: Claim; readonly signal: AbortSignal },
  ): Promise<Blob> {
    const { blobs, room } = this.#parts;
    const onBytes = (bytes: number) => {
      if (bytes > claim.bytes) this.#eviction.grow(claim, bytes);
      claim.holds(bytes);
    };
    try {
      return await blobs.write(content, { expectedBytes: claim.bytes, signal, onBytes });
    } catch (error) {
      throw isFull(error) ? await room.refused(claim.bytes) : error;
    }
  }

  /** Makes a file of content; where that may not be, the content is removed. */
  async #keep(
    key: ObjectKey,
    blob: Blob,
    { sha256, type, metadata = {}, around = (commit) => commit(), claim, ...conditions }: KeepOptions,
  ): Promise<StoredFile> {
    const { records, blobs, room } = this.#parts;
    try {
      checkDigest(blob.sha256, sha256);
      if (claim) await this.#eviction.makeRoomFor(claim);
      const record = { key, type: typeOf({ type }), metadata, ...contentFields(blob) };
      return await around(async () => this.#commit(record, { claim, ...conditions }));
    } catch (error) {
      if ((await records.read(key))?.blob !== blob.blob) await blobs.remove(blob.blob); // else it failed when it was there
      throw isFull(error) ? await room.refused(blob.bytes) : error;
    }
  }

  async #commit(
    record: FileRecord,
    { claim, ...conditions }: Conditions & Pick<KeepOptions, 'claim'>,
  ): Promise<StoredFile> {
    const { records, index, blobs, lifetime } = this.#parts;
    return this.#change(record.key, async () => {
      const replaced = await records.read(record.key);
      checkConditions(record.key, lifetime.has(replaced) ? storedFile(replaced) : undefined, conditions);
      await records.write(record);
      index.set(record, replaced);
      claim?.[Symbol.dispose](); // it is counted there now
      if (replaced) await blobs.remove(replaced.blob);
      return storedFile(record);
    });
  }

  /** Removes a file unless it has been replaced; one that only the index knows is taken out of that. */
  async #drop(dated: DatedBlob): Promise<void> {
    const { records, index } = this.#parts;
    await this.#change(dated.key, async () => {
      const record = await records.read(dated.key);
      if (record?.blob === dated.blob) await this.#remove(record);
      else if (index.hasBlob(dated.blob)) index.remove(dated);
    });
  }

  async #remove(record: FileRecord): Promise<void> {
    const { records, index, blobs } = this.#parts;
    await records.remove(record.key);
    index.remove(record);
    await blobs.remove(record.blob);
  }
}
