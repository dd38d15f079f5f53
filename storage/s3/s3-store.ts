import {
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';

import { Problem } from '#lib/problems';

import { checkConditions, isConditional } from '../conditions.ts';
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
import { Bucket, type Guard } from './bucket.ts';
import { copyObject, type Source } from './copy.ts';
import { isMissing, throwChanged } from './failures.ts';
import { described } from './metadata.ts';
import { listedFiles, quoted, storedFile, unquoted } from './object-facts.ts';
import { decodedName, keyOf, namePrefix, objectName } from './object-names.ts';
import type { BucketOptions } from './open.ts';
import { OpenedObject } from './opened-object.ts';
import { putContent } from './put-content.ts';
import { S3Uploads } from './s3-uploads.ts';

/** Makes an object where S3 sees that this holds. @returns its ETag. */
type Make = (guard: Guard) => Promise<string | undefined>;

interface S3Options extends BucketOptions {
  /** What S3 copies at once: 5 GB. */
  readonly mostBytesCopied?: number;
}

/**
 * Files in a bucket of S3, or of what speaks as it does. Several instances may share it: conditions are checked here, so
 * that they can be told of in full, and by S3 when it makes the change.
 */
export class S3Store implements FileStore {
  readonly #bucket: Bucket;
  readonly #mostBytesCopied: number;
  readonly #locks = new KeyLocks();

  constructor({ mostBytesCopied = 5 * 1024 ** 3, ...options }: S3Options) {
    this.#bucket = new Bucket(options);
    this.#mostBytesCopied = mostBytesCopied;
  }

  /** Uploads that are to become files in the same bucket. @param quarantine - a folder for content that is not yet trusted. */
  uploadsBy(quarantine: string): S3Uploads {
    return new S3Uploads(this.#bucket, quarantine);
  }

  /** What was wrong with the bucket when it was last asked; undefined where that was answered. */
  get fault(): string | undefined {
    return this.#bucket.fault;
  }

  /** Asks whether the bucket works. @returns what is wrong with it. */
  async check(): Promise<string | undefined> {
    return this.#bucket.check();
  }

  async put(key: ObjectKey, content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredFile> {
    const { type, metadata = {}, sha256, expectedBytes = 0, signal, around, ...conditions } = options;
    described({ type: '', metadata, sha256 }); // what is wrong with it is told before the content is read
    if (isConditional(conditions)) checkConditions(key, await this.head(key), conditions);
    const told = { type, metadata, sha256, expectedBytes, signal };
    const change = async (make: Make) => (around ?? unchanged)(() => this.#change(key, conditions, make));
    const made = await putContent(this.#bucket, { name: objectName(key), content, ...told, change });
    return this.#dated({ key, metadata, ...made });
  }

  async head(key: ObjectKey): Promise<StoredFile | undefined> {
    const found = await this.#look(objectName(key));
    return found && storedFile(key, found);
  }

  async open(key: ObjectKey): Promise<OpenedFile | undefined> {
    const file = await this.head(key);
    return file && new OpenedObject(this.#bucket, objectName(key), file);
  }

  async delete(key: ObjectKey, conditions: Conditions = {}): Promise<boolean> {
    return this.#locks.hold(key, async () => {
      const found = await this.head(key);
      checkConditions(key, found, conditions);
      if (!found) return false;
      const guard = isConditional(conditions) ? { IfMatch: quoted(found.etag) } : {};
      const command = new DeleteObjectCommand({ ...this.#place(key), ...guard });
      await this.#bucket.send(command).catch((error: unknown) => throwChanged(key, error));
      return true;
    });
  }

  async list({ prefix = '', cursor, limit }: ListOptions): Promise<Page> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket.name,
      Prefix: namePrefix(prefix),
      StartAfter: cursor === undefined ? undefined : namePrefix(cursor),
      MaxKeys: limit,
      EncodingType: 'url',
    });
    const { Contents = [], IsTruncated = false } = await this.#bucket.send(command);
    const last = decodedName(Contents.at(-1)?.Key ?? '');
    return { files: Contents.flatMap(listedFiles), cursor: IsTruncated ? keyOf(last) : undefined };
  }

  async copy(from: ObjectKey, to: ObjectKey, conditions: Conditions = {}): Promise<StoredFile> {
    const source = await this.head(from);
    if (!source) throw new Problem('not-found', `There is no file '${from}'.`);
    if (from === to) return this.#asItIs(source, conditions);
    return this.#copied({ ...source, name: objectName(from) }, { ...source, key: to }, conditions);
  }

  async adopt(key: ObjectKey, place: string, options: AdoptOptions): Promise<StoredFile | undefined> {
    const { metadata = {}, type, around = unchanged, ...conditions } = options;
    const found = await this.#look(place);
    if (!found) return undefined;
    const { bytes, etag } = storedFile(key, found);
    const made = { key, bytes, type: typeOf({ type }), metadata, sha256: undefined };
    const file = await around(() => this.#copied({ name: place, bytes, etag }, made, conditions));
    await this.#bucket.send(new DeleteObjectCommand({ Bucket: this.#bucket.name, Key: place }));
    return file;
  }

  /** A bucket has room for all. */
  async reserve(): Promise<Reservation> {
    return { holds: () => {}, [Symbol.dispose]: () => {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket[Symbol.dispose]();
  }

  async #look(name: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.#bucket.send(new HeadObjectCommand({ Bucket: this.#bucket.name, Key: name }));
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (this.fault !== undefined) await this.#bucket.mustWork(); // it may be the bucket that is not there
      return undefined;
    }
  }

  async #copied(
    source: Source,
    made: Omit<StoredFile, 'etag' | 'modifiedAt'>,
    conditions: Conditions,
  ): Promise<StoredFile> {
    const copying = { source, name: objectName(made.key), description: described(made) };
    const etag = await this.#change(made.key, conditions, async (guard) =>
      copyObject(this.#bucket, { ...copying, mostBytesAtOnce: this.#mostBytesCopied, guard }),
    );
    return this.#dated({ ...made, etag });
  }

  /** Makes a change where the conditions hold, and where what they hold for is still there when S3 makes it. */
  async #change(key: ObjectKey, conditions: Conditions, make: Make): Promise<string> {
    return this.#locks.hold(key, async () => {
      const guard = isConditional(conditions) ? await this.#guard(key, conditions) : {};
      return unquoted(await make(guard).catch((error: unknown) => throwChanged(key, error)));
    });
  }

  async #guard(key: ObjectKey, conditions: Conditions): Promise<Guard> {
    const found = await this.head(key);
    checkConditions(key, found, conditions);
    return found ? { IfMatch: quoted(found.etag) } : { IfNoneMatch: '*' };
  }

  /** With its time, which S3 tells when it is asked; another may have replaced it by then. */
  async #dated(made: Omit<StoredFile, 'modifiedAt'>): Promise<StoredFile> {
    const found = await this.head(made.key);
    return { ...made, modifiedAt: found?.etag === made.etag ? found.modifiedAt : Date.now() };
  }

  /** S3 refuses to copy an object to itself. */
  #asItIs(file: StoredFile, conditions: Conditions): StoredFile {
    checkConditions(file.key, file, conditions);
    return file;
  }

  #place(key: ObjectKey) {
    return { Bucket: this.#bucket.name, Key: objectName(key) };
  }
}

async function unchanged<T>(commit: () => Promise<T>): Promise<T> {
  return commit();
}
