import { realpathSync } from 'node:fs';
import { relative } from 'node:path';

/** Named, as otherwise the package starts a process to look for Watchman, which it leaves behind as a zombie. */
const backends: Partial<Record<NodeJS.Platform, 'fs-events' | 'inotify' | 'windows'>> = {
  darwin: 'fs-events',
  linux: 'inotify',
  win32: 'windows',
};

/**
 * Calls `onChange` with the paths, relative to the folder, of the files in it and below that were added, changed or
 * removed, once for what happens within some 50 ms; with undefined where the system has lost count of them.
 *
 * For development only, so the package is loaded only there. It is not chokidar, which drops changes that follow each
 * other quickly, as when a branch is changed (https://github.com/paulmillr/chokidar/issues/1455).
 */
export async function watchFolder(
  directory: string,
  onChange: (paths: readonly string[] | undefined) => void,
): Promise<AsyncDisposable> {
  const { default: watcher } = await import('@parcel/watcher');
  const folder = realpathSync(directory); // as the events have it
  const backend = backends[process.platform];
  const { unsubscribe } = await watcher.subscribe(
    folder,
    (error, events) => onChange(error ? undefined : events.map(({ path }) => relative(folder, path))),
    backend ? { backend } : {},
  );
  return { [Symbol.asyncDispose]: unsubscribe };
}
