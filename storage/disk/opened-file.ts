import type { FileHandle } from 'node:fs/promises';

import type { OpenedFile, StoredFile } from '../store.ts';
import { readPieces } from './read-pieces.ts';

/** A file with the content that was its own when it was opened. */
export function openedFile(file: StoredFile, handle: FileHandle): OpenedFile {
  return {
    file,
    pieces: (range = { first: 0, last: file.bytes - 1 }) => readPieces(handle, range),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
