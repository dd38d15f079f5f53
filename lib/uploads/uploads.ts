import { ERRORS } from '@tus/server';

import type { Config } from '#lib/config';
import type { Files } from '#lib/files';
import type { Log } from '#lib/log';

import type { FiledUploads } from './filed-uploads.ts';
import { MountedUploads } from './mounted-uploads.ts';
import { UploadLocks } from './upload-locks.ts';
import { saidDurability } from './upload-metadata.ts';

/** How often is looked for uploads that have expired. */
const shortestSweepMs = 1000;
const longestSweepMs = 60_000;

interface Parts {
  readonly config: Config;
  readonly files: Files;
  readonly log: Log;
}

/** The resumable uploads of the service, in the mounts of its files. */
export class Uploads implements AsyncDisposable {
  readonly #mounts: readonly MountedUploads[];
  readonly #locks: UploadLocks;
  readonly #files: Files;
  readonly #log: Log;
  readonly #ttlMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** What is done beside the requests. */
  #work: Promise<void>;

  private constructor({ config, files, log }: Parts) {
    const { HEADY_UPLOAD_TTL: ttlMs, HEADY_MAX_UPLOAD: maxBytes, HEADY_PUBLIC_URL: publicUrl } = config;
    this.#files = files;
    this.#log = log;
    this.#ttlMs = ttlMs;
    this.#locks = new UploadLocks();
    const options = { files, ttlMs, maxBytes, publicUrl, locks: this.#locks };
    this.#mounts = files.mounts.map((mount) => new MountedUploads(mount, options));
    this.#work = Promise.resolve();
  }

  /** Takes up the uploads of an earlier start; those that had come to their end become files while it serves. */
  static async start(parts: Parts): Promise<Uploads> {
    const uploads = new Uploads(parts);
    for (const { mount, uploads: each } of uploads.#mounts)
      if (!mount.uploads.isRemote) await uploads.#resume(each);
    uploads.#keepSwept();
    return uploads;
  }

  /** Where an upload goes that is to be made. @throws {Problem} `storage-not-persistent`, `invalid-input`, `bad-request` */
  mountFor(headers: Headers): MountedUploads {
    const mount = this.#files.mount(saidDurability(headers));
    const found = this.#mounts.find((mounted) => mounted.mount === mount);
    if (!found) throw new Error(`no uploads are mounted for ${mount.durability} files`);
    return found;
  }

  /** The one that has an upload. @throws what `@tus/server` does where none has */
  async holderOf(id: string): Promise<MountedUploads> {
    for (const mounted of this.#mounts) if (await mounted.has(id)) return mounted;
    throw ERRORS.FILE_NOT_FOUND;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
    await this.#locks.settled();
  }

  async #resume(uploads: FiledUploads): Promise<void> {
    await uploads.resume(({ message, cause: error }) => this.#log.error({ message, error }));
  }

  #keepSwept(): void {
    const sweep = () => this.#also(() => this.#sweep());
    sweep();
    const everyMs = Math.min(Math.max(this.#ttlMs, shortestSweepMs), longestSweepMs);
    this.#timer = setInterval(sweep, everyMs).unref();
  }

  #also(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }

  async #sweep(): Promise<void> {
    for (const { uploads } of this.#mounts)
      await this.#sweepMount(uploads).catch((error: unknown) =>
        this.#log.error({ message: 'uploads from before are not seen to', error }),
      );
  }

  /** What is complete becomes a file before it could expire. */
  async #sweepMount(uploads: FiledUploads): Promise<void> {
    await this.#resume(uploads); // where it was not answered before
    await uploads.fileAll((id, error) =>
      this.#log.warn({ message: `the upload ${id} has all its bytes and is no file yet`, error }),
    );
    await uploads.deleteExpired();
    await uploads.yieldIdle();
  }
}
