import { chmodSync, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

/** What an entry costs at least, an empty file too: an inode and its name are not free. */
const entryBytes = 4096;
/** How many entries are looked at before other work has its turn. */
const slice = 500;

/**
 * Bytes that a folder's files take on disk; no more is looked at once they pass `enough`. Links are not followed, and a
 * file with several names counts once for each.
 */
export async function directoryUsage(directory: string, enough: number): Promise<number> {
  let bytes = 0;
  let looked = 0;
  for (const path of entriesBelow(directory)) {
    bytes += Math.max(entryBytes, blocksOf(path) * 512);
    if (bytes > enough) return bytes;
    if ((looked += 1) % slice === 0) await breathe();
  }
  return bytes;
}

/** Removes a folder with all that is in it, whatever permissions its owner, which is gone, has given it. */
export async function removeDirectory(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    for (const _ of entriesBelow(directory)); // opens every folder on its way
    await rm(directory, { recursive: true, force: true }).catch(() => {}); // what still stands goes with the service
  }
}

/** The paths of all entries of a folder and of those in it; as bytes, since names need not be UTF-8. */
function* entriesBelow(directory: string): Generator<Buffer> {
  const folders = [Buffer.from(directory)];
  for (const folder of folders)
    for (const entry of entriesOf(folder)) {
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) folders.push(path);
      yield path;
    }
}

/** The entries of one folder, which is opened to its owner first where it is closed to it. */
function entriesOf(folder: Buffer): Dirent<Buffer>[] {
  const options = { withFileTypes: true, encoding: 'buffer' } as const;
  try {
    return readdirSync(folder, options);
  } catch {
    try {
      chmodSync(folder, 0o700);
      return readdirSync(folder, options);
    } catch {
      return []; // it is gone
    }
  }
}

function blocksOf(path: Buffer): number {
  try {
    return lstatSync(path).blocks;
  } catch {
    return 0; // it is gone
  }
}
