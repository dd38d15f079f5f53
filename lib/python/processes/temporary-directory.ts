import { chmodSync, Dir, lstatSync, opendirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

import { execa } from 'execa';

/** What an entry costs at least, an empty file too: an inode and its name are not free. */
const entryBytes = 4096;
/** How many entries are looked at before other work has its turn. */
const slice = 500;

/**
 * Bytes that a folder's files take on disk; no more is looked at once they pass `enough`. Links are not followed, and a
 * file with several names counts once for each. What lies deeper than a path may be long counts as more than enough, as
 * it could be anything.
 */
export async function directoryUsage(directory: string, enough: number): Promise<number> {
  let bytes = 0;
  let looked = 0;
  for (const path of entriesBelow(directory)) {
    bytes += path === tooDeep ? enough : Math.max(entryBytes, blocksOf(path) * 512);
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
    await execa('rm', ['-rf', '--', directory], { reject: false }); // goes down step by step, to any depth
  }
}

/** Stands for what has too long a path to be looked at. */
const tooDeep = Symbol('too deep');

/** The paths of all entries of a folder and of those in it; as bytes, since names need not be UTF-8. */
function* entriesBelow(directory: string): Generator<Buffer | typeof tooDeep> {
  const folders = [Buffer.from(directory)];
  for (const folder of folders) {
    const entries = openFolder(folder);
    if (entries === tooDeep) yield tooDeep;
    if (!(entries instanceof Dir)) continue;
    try {
      for (let entry = entries.readSync(); entry; entry = entries.readSync()) {
        const path = Buffer.concat([folder, Buffer.from('/'), entry.name as unknown as Buffer]);
        if (entry.isDirectory()) folders.push(path);
        yield path;
      }
    } finally {
      entries.closeSync();
    }
  }
}

/** A folder, opened to its owner first where it is closed to it; undefined when it is gone. */
function openFolder(folder: Buffer): Dir | typeof tooDeep | undefined {
  try {
    return open(folder);
  } catch {
    try {
      chmodSync(folder, 0o700);
      return open(folder);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG' ? tooDeep : undefined;
    }
  }
}

/** Read entry by entry: as one list, those of a large folder would take hundreds of megabytes. */
function open(folder: Buffer): Dir {
  return opendirSync(folder as unknown as string, { encoding: 'buffer' as BufferEncoding });
}

function blocksOf(path: Buffer): number {
  try {
    return lstatSync(path).blocks;
  } catch {
    return 0; // it is gone
  }
}
