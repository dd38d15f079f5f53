import { open, rm } from 'node:fs/promises';

import { Problem } from '#lib/problems';

import { isFull } from './faults.ts';
import type { OpenedFile } from './store.ts';

/**
 * Writes the content of a file to a new one outside the store, piece by piece; nothing is left of it where that fails.
 *
 * @throws {Problem} `storage-full`
 * @throws {AbortError} by the signal.
 */
export async function copyOut(opened: OpenedFile, path: string, signal: AbortSignal): Promise<void> {
  await using copy = await open(path, 'wx', 0o600);
  try {
    for await (const piece of opened.pieces()) {
      signal.throwIfAborted();
      await copy.writeFile(piece); // on a handle: all of it, from where the last one ended
    }
  } catch (error) {
    await rm(path, { force: true });
    if (!isFull(error)) throw error;
    const detail = `The disk has no room for a copy of '${opened.file.key}'.`;
    throw new Problem('storage-full', detail, { cause: error });
  }
}
