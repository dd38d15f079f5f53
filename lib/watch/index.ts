import { realpathSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { AsyncSubscription, Event } from '@parcel/watcher';

import { changedSince } from './changed-since.ts';
import { Changes } from './changes.ts';

/** Named, as otherwise the package starts a process to look for Watchman, which it leaves behind as a zombie. */
const backends: Partial<Record<NodeJS.Platform, 'fs-events' | 'inotify' | 'windows'>> = {
  darwin: 'fs-events',
  linux: 'inotify',
  win32: 'windows',
};

type OnChange = (paths: readonly string[] | undefined) => void;

/**
 * Calls `onChange` with the paths, relative to the folder, of the files in it and below that were added, changed or
 * removed, once for what happens within some 50 ms; with undefined where the system has lost count of them. Of a folder
 * that came, went or was renamed it may be told its own path alone.
 *
 * For development only, so the package is loaded only there. It is not chokidar, which drops changes that follow each
 * other quickly, as when a branch is changed (https://github.com/paulmillr/chokidar/issues/1455).
 */
export async function watchFolder(directory: string, onChange: OnChange): Promise<AsyncDisposable> {
  const folder = realpathSync(directory); // as the events have it
  return FolderWatch.start(folder, onChange);
}

/** How long the package may keep an event to itself: it waits 50 ms for further ones. */
const latestMs = 250;

/** Subscribing fails when a folder goes while the package walks through them. */
const retries = 5;
const retryMs = 100;

/**
 * A subscription that is renewed when a folder has come. The package misses what is put into a new folder before it
 * watches that, and goes on to tell of a renamed one's inner folders by their former paths.
 */
class FolderWatch implements AsyncDisposable {
  readonly #folder: string;
  readonly #onChange: OnChange;
  readonly #changes: Changes;
  #subscription: Promise<AsyncSubscription>;

  private constructor(folder: string, onChange: OnChange) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.#changes = new Changes(folder, onChange);
    this.#subscription = this.#subscribe();
  }

  static async start(folder: string, onChange: OnChange): Promise<FolderWatch> {
    const watch = new FolderWatch(folder, onChange);
    await watch.#subscription;
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(await this.#subscription);
    this.#changes[Symbol.dispose]();
  }

  async #subscribe(): Promise<AsyncSubscription> {
    const { default: watcher } = await import('@parcel/watcher');
    const backend = backends[process.platform];
    return watcher.subscribe(
      this.#folder,
      (error, events) => (error ? this.#onChange(undefined) : this.#hear(events)),
      backend ? { backend } : {},
    );
  }

  #hear(events: readonly Event[]): void {
    const paths = events.map(({ path }) => path);
    this.#tell(paths);
    const come = paths.filter(isFolder);
    if (come.length > 0) this.#subscription = this.#renew(this.#subscription, come);
  }

  /** Subscribes anew, and makes good what it did not hear of. */
  async #renew(
    subscription: Promise<AsyncSubscription>,
    come: readonly string[],
  ): Promise<AsyncSubscription> {
    const since = Date.now() - latestMs;
    await end(await subscription);
    const renewed = await this.#subscribeAnew(retries);
    try {
      const within = come.filter(isFolder).flatMap((path) => changedSince(path, 0));
      this.#tell([...within, ...changedSince(this.#folder, since)]);
    } catch {
      this.#onChange(undefined); // a folder has gone while it was read: whatever there is now is to be looked at
    }
    return renewed;
  }

  async #subscribeAnew(left: number): Promise<AsyncSubscription> {
    try {
      return await this.#subscribe();
    } catch (error) {
      if (left === 0) throw error;
      await delay(retryMs);
      return this.#subscribeAnew(left - 1);
    }
  }

  #tell(paths: readonly string[]): void {
    this.#changes.hear(paths.map((path) => relative(this.#folder, path)));
  }
}

/** The package fails to end the watch of a folder that has just gone, with which that has ended by itself. */
async function end(subscription: AsyncSubscription): Promise<void> {
  await subscription.unsubscribe().catch((error: Error) => {
    if (!error.message.startsWith('Unable to remove watcher')) throw error;
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
