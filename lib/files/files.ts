import { join } from 'node:path';

import type { Config } from '#lib/config';
import { Problem } from '#lib/problems';
import { makeRunDirectory } from '#lib/run-directory';
import {
  DiskStore,
  type Durability,
  type FileStore,
  type ObjectKey,
  type OpenedFile,
  type StoredFile,
} from '#storage';

/** Where files are kept, and whether they outlast a deploy there. */
export interface Mount {
  readonly durability: Durability['durability'];
  readonly store: FileStore;
}

/** A file where it was found. */
export interface FoundFile {
  readonly mount: Mount;
  readonly file: StoredFile;
}

/** The files of the service: a persistent mount where there is a place that lasts, and an ephemeral one. A key lives in one. */
export class Files implements AsyncDisposable {
  /** The one that a file goes to when nobody says which comes first. */
  readonly #mounts: readonly Mount[];
  /** Why there is no persistent one. */
  readonly #why: string | undefined;
  readonly #opened: AsyncDisposableStack;

  private constructor(mounts: readonly Mount[], why: string | undefined, opened: AsyncDisposableStack) {
    this.#mounts = mounts;
    this.#why = why;
    this.#opened = opened;
  }

  static async start(config: Config, found: Durability): Promise<Files> {
    await using stack = new AsyncDisposableStack();
    const { HEADY_STORAGE_QUOTA: quotaBytes, HEADY_EPHEMERAL_TTL: lifetimeMs } = config;
    const { path } = stack.use(await makeRunDirectory({ prefix: 'heady-files-' }));
    const store = stack.use(await DiskStore.open({ directory: path, quotaBytes, lifetimeMs }));
    const ephemeral: Mount = { durability: 'ephemeral', store };
    if (found.durability === 'ephemeral') return new Files([ephemeral], found.why, stack.move());
    const directory = join(found.path, 'files');
    const lasting = stack.use(await DiskStore.open({ directory, quotaBytes }));
    const persistent: Mount = { durability: 'persistent', store: lasting };
    return new Files([persistent, ephemeral], undefined, stack.move());
  }

  /** @throws {Problem} `storage-not-persistent` */
  mount(durability?: Mount['durability']): Mount {
    const mount = this.#mounts.find((each) => durability === undefined || each.durability === durability);
    if (mount) return mount;
    throw new Problem('storage-not-persistent', this.#why ?? 'There is no such storage.');
  }

  async find(key: ObjectKey): Promise<FoundFile | undefined> {
    for (const mount of this.#mounts) {
      const file = await mount.store.head(key);
      if (file) return { mount, file };
    }
    return undefined;
  }

  /** Opens a file where it is: what is said of it is of the content that is read, though it may be replaced meanwhile. */
  async open(key: ObjectKey): Promise<{ readonly mount: Mount; readonly opened: OpenedFile } | undefined> {
    for (const mount of this.#mounts) {
      const opened = await mount.store.open(key);
      if (opened) return { mount, opened };
    }
    return undefined;
  }

  /** Takes a file out of the other mounts: it has been stored in this one. */
  async keepOnlyIn(mount: Mount, key: ObjectKey): Promise<void> {
    for (const other of this.#mounts) if (other !== mount) await other.store.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}
