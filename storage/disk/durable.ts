import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** On the medium, for whoever asks after a crash (fsync(2)); a directory has its entries then. */
export async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

/** Makes a directory, with those above it, that is still there after a crash. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Writes a new file by pieces and has it on the medium; what was written is gone where that fails. */
export async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Puts a text in place of a file, so that there is the old one or the new one, whatever happens. */
export async function replaceDurably(path: string, text: string, temporary: string): Promise<void> {
  await writeDurably(temporary, async (file) => file.writeFile(text));
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}
