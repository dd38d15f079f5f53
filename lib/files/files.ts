import { Problem } from '#lib/problems';
import {
  type AdoptOptions,
  checkConditions,
  type Conditions,
  KeyLocks,
  type ObjectKey,
  type OpenedFile,
  type PutOptions,
  type StoredFile,
} from '#storage';

import { type Mount, type Mounts, type MountsOptions, openMounts } from './mounts.ts';

/** A file where it was found. */
export interface FoundFile {
  readonly mount: Mount;
  readonly file: StoredFile;
}

/** What is asked of a change: where the file is to be kept, and what has to hold. */
export interface ChangeOptions extends Conditions {
  /** Where it is not said, the file stays where it is; a new one goes where files outlast a deploy, if there is such a place. */
  readonly durability?: Mount['durability'] | undefined;
}

/** A file that has been stored. */
export interface PutFile extends FoundFile {
  /** Whether there was none before. */
  readonly isNew: boolean;
}

/** The files of the service: a persistent mount where there is a place that lasts, and an ephemeral one. A key lives in one. */
export class Files implements AsyncDisposable {
  readonly #mounts: Mounts;
  readonly #locks = new KeyLocks();

  private constructor(mounts: Mounts) {
    this.#mounts = mounts;
  }

  static async start(options: MountsOptions): Promise<Files> {
    return new Files(await openMounts(options));
  }

  get mounts(): readonly Mount[] {
    return this.#mounts.all;
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

  /**
   * Sees that a file may be stored, where its content is yet to be made.
   *
   * @throws {Problem} `storage-not-persistent`, `precondition-failed`
   */
  async checkPut(key: ObjectKey, { durability, ...conditions }: ChangeOptions): Promise<void> {
    this.mount(durability);
    checkConditions(key, (await this.find(key))?.file, conditions);
  }

  /** Stores a file in place of the one that may be there. @throws {Problem} as {@link Files.checkPut} and `FileStore.put` */
  async put(
    key: ObjectKey,
    content: AsyncIterable<Uint8Array>,
    { durability, ifMatch, ifNoneMatch, ...options }: PutOptions & ChangeOptions,
  ): Promise<PutFile> {
    const conditions = { ifMatch, ifNoneMatch };
    const before = await this.find(key);
    const mount = durability === undefined && before ? before.mount : this.mount(durability);
    const isMoved = before !== undefined && before.mount !== mount;
    if (isMoved) checkConditions(key, before.file, conditions); // they are about the file where it is now
    let isNew = true;
    const around = this.#onlyIn(mount, key, (found) => {
      checkConditions(key, found, conditions);
      isNew = found === undefined;
    });
    const file = await mount.store.put(key, content, { ...options, around, ...(!isMoved && conditions) });
    return { mount, file, isNew };
  }

  /**
   * Makes a file of content that lies beside those of a mount.
   *
   * @returns undefined where nothing lies there.
   * @throws {Problem} as `FileStore.adopt`
   */
  async adopt(
    key: ObjectKey,
    { mount, place, ...options }: AdoptOptions & { readonly mount: Mount; readonly place: string },
  ): Promise<StoredFile | undefined> {
    const around = this.#onlyIn(mount, key, () => {});
    return mount.store.adopt(key, place, { ...options, around });
  }

  /** @returns where the file was; undefined where there was none. @throws {Problem} `precondition-failed` */
  async delete(key: ObjectKey, conditions: Conditions): Promise<Mount | undefined> {
    return this.#locks.hold(key, async () => {
      const found = await this.find(key);
      return found && (await found.mount.store.delete(key, conditions)) ? found.mount : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mounts[Symbol.asyncDispose]();
  }

  /** Makes a file, and takes it out of the other mounts, before anybody else changes it: a key lives in one. */
  #onlyIn(mount: Mount, key: ObjectKey, check: (found: StoredFile | undefined) => void) {
    return async <T>(commit: () => Promise<T>): Promise<T> =>
      this.#locks.hold(key, async () => {
        check((await this.find(key))?.file);
        const made = await commit();
        for (const other of this.#mounts.all) if (other !== mount) await other.store.delete(key);
        return made;
      });
  }
}
