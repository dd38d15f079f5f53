import type { Config } from '#lib/config';
import { Problem } from '#lib/problems';
import type { Durability, ObjectKey, OpenedFile, StoredFile } from '#storage';

import { type Mount, type Mounts, openMounts } from './mounts.ts';

/** A file where it was found. */
export interface FoundFile {
  readonly mount: Mount;
  readonly file: StoredFile;
}

/** The files of the service: a persistent mount where there is a place that lasts, and an ephemeral one. A key lives in one. */
export class Files implements AsyncDisposable {
  readonly #mounts: Mounts;

  private constructor(mounts: Mounts) {
    this.#mounts = mounts;
  }

  static async start(config: Config, dataDirectory: Durability): Promise<Files> {
    return new Files(await openMounts(config, dataDirectory));
  }

  /** Whether a file lasts when nobody says whether it has to. */
  get durability(): Mount['durability'] {
    return this.#mounts.all[0].durability;
  }

  /** What was wrong with the bucket when it was last asked; undefined where there is none. */
  get fault(): string | undefined {
    return this.#mounts.bucket?.fault;
  }

  /** Asks the bucket, where there is one, whether it works. @returns what is wrong with it. */
  async check(): Promise<string | undefined> {
    return this.#mounts.bucket?.check();
  }

  /** @throws {Problem} `storage-not-persistent` */
  mount(durability?: Mount['durability']): Mount {
    const mount = this.#mounts.all.find((each) => durability === undefined || each.durability === durability);
    if (mount) return mount;
    throw new Problem('storage-not-persistent', this.#mounts.why ?? 'There is no such storage.');
  }

  async find(key: ObjectKey): Promise<FoundFile | undefined> {
    for (const mount of this.#mounts.all) {
      const file = await mount.store.head(key);
      if (file) return { mount, file };
    }
    return undefined;
  }

  /** Opens a file where it is: what is said of it is of the content that is read, though it may be replaced meanwhile. */
  async open(key: ObjectKey): Promise<{ readonly mount: Mount; readonly opened: OpenedFile } | undefined> {
    for (const mount of this.#mounts.all) {
      const opened = await mount.store.open(key);
      if (opened) return { mount, opened };
    }
    return undefined;
  }

  /** Takes a file out of the other mounts: it has been stored in this one. */
  async keepOnlyIn(mount: Mount, key: ObjectKey): Promise<void> {
    for (const other of this.#mounts.all) if (other !== mount) await other.store.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mounts[Symbol.asyncDispose]();
  }
}
