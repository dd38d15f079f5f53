import type { Readable } from 'node:stream';

import { DataStore, ERRORS, type Upload } from '@tus/server';

import { type Files, type Mount, typeByBytes } from '#lib/files';

import type { UploadLocks } from './upload-locks.ts';
import { fileToBe } from './upload-metadata.ts';
import { UploadRoom } from './upload-room.ts';

interface FiledOptions {
  readonly files: Files;
  readonly mount: Mount;
  readonly locks: UploadLocks;
  readonly ttlMs: number;
}

interface Pending {
  readonly expiresAt: number;
  readonly room: UploadRoom;
}

/**
 * The uploads of a mount, each of which becomes a file when it has all its bytes. Whoever asks for one that has them
 * makes a file of it that is none yet, so it is no matter when a crash or a full disk came between.
 */
export class FiledUploads extends DataStore {
  override readonly extensions = [
    'creation',
    'creation-with-upload',
    'termination',
    'expiration',
    'checksum',
  ];
  readonly #options: FiledOptions;
  readonly #pending = new Map<string, Pending>();
  /** Those from before that have all their bytes, and may be no files yet. */
  readonly #complete = new Set<string>();
  #isResumed = false;

  constructor(options: FiledOptions) {
    super();
    this.#options = options;
  }

  /** Takes up, once, the uploads that there are from before, with the room that they had. */
  async resume(onFault: (error: Error) => void): Promise<void> {
    if (this.#isResumed) return;
    const { store, uploads } = this.#options.mount;
    for await (const upload of uploads.all(onFault)) {
      const { id, size = 0, offset: presentBytes } = upload;
      if (this.#pending.has(id)) continue; // it is from now
      this.#expect(upload, await UploadRoom.again(store, { bytes: size, presentBytes }));
      if (presentBytes === size) this.#complete.add(id);
    }
    this.#isResumed = true;
  }

  /** Makes files of the uploads from before that have all their bytes. */
  async fileAll(tell: (id: string, error: unknown) => void): Promise<void> {
    for (const id of this.#complete) {
      this.#complete.delete(id);
      await this.#options.locks
        .whileFree(id, async () => void (await this.getUpload(id)))
        .catch((error: unknown) => tell(id, error));
    }
  }

  /** @throws {Problem} `invalid-input`, `storage-full` */
  override async create(upload: Upload): Promise<Upload> {
    const { store, uploads } = this.#options.mount;
    const file = fileToBe(upload);
    uploads.checkFile?.(file);
    const room = await UploadRoom.reserve(store, upload.size ?? 0);
    try {
      await uploads.create(upload);
    } catch (error) {
      room[Symbol.dispose]();
      throw error;
    }
    this.#expect(upload, room);
    return upload;
  }

  /** @throws {Problem} `storage-full` and those of `FileStore.adopt` */
  override async write(content: Readable, id: string, offset: number): Promise<number> {
    await this.#pending.get(id)?.room.take();
    try {
      return await this.#options.mount.uploads.write(content, id, offset);
    } finally {
      await this.getUpload(id);
    }
  }

  override async getUpload(id: string): Promise<Upload> {
    const upload = await this.#options.mount.uploads.getUpload(id);
    this.#pending.get(id)?.room.holds(upload.offset);
    if (upload.offset === upload.size) await this.#file(upload);
    return upload;
  }

  /** How far an upload is. It is made no file. */
  async look(id: string): Promise<Upload> {
    return this.#options.mount.uploads.getUpload(id);
  }

  override async remove(id: string): Promise<void> {
    await this.#options.mount.uploads.remove(id);
    this.#pending.get(id)?.room[Symbol.dispose]();
    this.#pending.delete(id);
  }

  override async deleteExpired(): Promise<number> {
    const expired = [...this.#pending].filter(([, { expiresAt }]) => expiresAt < Date.now());
    for (const [id] of expired)
      await this.#options.locks.whileFree(id, async () => this.remove(id).catch(ignoreMissing));
    return expired.length;
  }

  /** Gives up the room of those of which nothing comes. */
  async yieldIdle(): Promise<void> {
    for (const [id, { room }] of this.#pending)
      await this.#options.locks.whileFree(id, async () => room.yieldIfIdle());
  }

  override getExpiration(): number {
    return this.#options.ttlMs;
  }

  #expect({ id, creation_date = '' }: Upload, room: UploadRoom): void {
    this.#pending.set(id, { room, expiresAt: Date.parse(creation_date) + this.#options.ttlMs });
  }

  async #file(upload: Upload): Promise<void> {
    const { files, mount } = this.#options;
    const { key, type: said, metadata } = fileToBe(upload);
    const type = await typeByBytes(await mount.uploads.head(upload), said);
    await files.adopt(key, { mount, place: mount.uploads.placeOf(upload.id), type, metadata });
    this.#pending.get(upload.id)?.room[Symbol.dispose]();
  }
}

function ignoreMissing(error: unknown): void {
  if (error !== ERRORS.FILE_NOT_FOUND) throw error;
}
