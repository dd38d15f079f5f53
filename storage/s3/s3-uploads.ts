import { Readable } from 'node:stream';

import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { MetadataValue } from '@tus/s3-store';
import { DataStore, ERRORS, type KvStore, Upload } from '@tus/server';

import { Problem } from '#lib/problems';

import type { StoredFile } from '../store.ts';
import { headBytes, type UploadStore } from '../upload-store.ts';
import type { Bucket } from './bucket.ts';
import { isMissing } from './failures.ts';
import { described } from './metadata.ts';
import { objectName } from './object-names.ts';
import { ResumableParts } from './resumable-parts.ts';

/** Beside the files, and with nothing else in it. */
const folder = 'uploads/';
const noteSuffix = '.info';
const restSuffix = '.part';

/**
 * Uploads in a bucket, each a multipart upload of S3 until it is complete, then an object until it is a file; what was said
 * at its creation is in an object of its own. What is written is `@tus/s3-store`'s, which knows no folders, and leaves some
 * of this behind.
 */
export class S3Uploads extends DataStore implements UploadStore {
  readonly isRemote = true;
  readonly quarantine: string;
  readonly #bucket: Bucket;
  readonly #store: ResumableParts;

  constructor(bucket: Bucket, quarantine: string) {
    super();
    this.quarantine = quarantine;
    this.#bucket = bucket;
    const s3ClientConfig = { ...bucket.config, bucket: bucket.name };
    this.#store = new ResumableParts({ s3ClientConfig, cache: noCache, useTags: false });
  }

  override async create(upload: Upload): Promise<Upload> {
    const named = renamed(upload, this.placeOf(upload.id));
    const { creation_date } = await this.#told(async () => this.#store.create(named));
    return Object.assign(upload, { creation_date });
  }

  override async write(content: Readable, id: string, offset: number): Promise<number> {
    const { offset: end, size } = await this.getUpload(id);
    if (end === size) return end; // nothing is left to come
    if (end !== offset) throw ERRORS.INVALID_OFFSET;
    return this.#told(async () => this.#store.write(content, this.placeOf(id), offset));
  }

  /** One that has all its parts is put together, where that was not done when the last of them came. */
  override async getUpload(id: string): Promise<Upload> {
    const place = this.placeOf(id);
    const upload = await this.#told(async () => this.#store.getUpload(place));
    if (upload.offset === upload.size && (await this.#told(async () => this.#store.isOpen(place))))
      await this.#told(async () => this.#store.write(Readable.from([]), place, upload.offset));
    return renamed(upload, id);
  }

  override async remove(id: string): Promise<void> {
    const place = this.placeOf(id);
    await this.#told(async () => this.#store.getUpload(place));
    await this.#told(async () => this.#store.remove(place)).catch(ignoreMissing); // it is put together already
    const Objects = [place, `${place}${noteSuffix}`, `${place}${restSuffix}`].map((Key) => ({ Key }));
    await this.#bucket.send(new DeleteObjectsCommand({ Bucket: this.#bucket.name, Delete: { Objects } }));
  }

  checkFile({ key, ...file }: Pick<StoredFile, 'key' | 'type' | 'metadata'>): void {
    objectName(key);
    described({ ...file, sha256: undefined });
  }

  placeOf(id: string): string {
    return `${folder}${id}`;
  }

  async head({ id, size }: Upload): Promise<Buffer> {
    if (size === 0) return Buffer.alloc(0); // S3 has no range of nothing
    const Range = `bytes=0-${headBytes - 1}`;
    const command = new GetObjectCommand({ Bucket: this.#bucket.name, Key: this.placeOf(id), Range });
    try {
      const { Body } = await this.#bucket.send(command);
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (isMissing(error)) return Buffer.alloc(0);
      throw error;
    }
  }

  async *all(): AsyncGenerator<Upload> {
    let StartAfter: string | undefined;
    do {
      const place = { Bucket: this.#bucket.name, Prefix: folder, StartAfter };
      const { Contents = [], IsTruncated } = await this.#bucket.send(new ListObjectsV2Command(place));
      const names = Contents.map(({ Key = '' }) => Key);
      for (const name of names.filter((each) => each.endsWith(noteSuffix)))
        yield await this.getUpload(name.slice(folder.length, -noteSuffix.length));
      StartAfter = IsTruncated ? names.at(-1) : undefined;
    } while (StartAfter !== undefined);
  }

  /** @throws {Problem} `storage-unavailable`; and what the protocol has a word for */
  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isOfProtocol = error instanceof Problem || Object.values<unknown>(ERRORS).includes(error);
      throw isOfProtocol ? error : this.#bucket.failed(error);
    }
  }
}

/** Another instance may have ended an upload meanwhile. */
const noCache: KvStore<MetadataValue> = {
  get: async () => undefined,
  set: async () => {},
  delete: async () => {},
};

function renamed(upload: Upload, id: string): Upload {
  return Object.assign(Object.create(Upload.prototype) as Upload, upload, { id });
}

function ignoreMissing(error: unknown): void {
  if (error !== ERRORS.FILE_NOT_FOUND) throw error;
}
