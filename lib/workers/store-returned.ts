import type { ChangeOptions, Files, PutFile } from '#lib/files';
import type { Answer, Call, PythonEngine } from '#lib/python';
import { parseKey } from '#storage';

interface Parts {
  readonly python: PythonEngine;
  readonly files: Files;
}

/** Where a returned file is to be stored, and what has to hold for it. */
export interface Destination extends ChangeOptions {
  /** The file's key. */
  readonly store: string;
}

/** The file where it is now, and the answer that it was. */
export interface StoredReturn {
  readonly stored: PutFile;
  readonly answer: Answer;
}

/**
 * Calls a function and stores the file that it returns, piece by piece. What its place does not allow is refused before
 * the function is called, and again when there is the file.
 *
 * @throws {Problem} those of the call; of the place `invalid-input`, `storage-not-persistent`, `precondition-failed`,
 *   `storage-full`
 */
export async function storeReturned(
  { python, files }: Parts,
  call: Call,
  { store, ...change }: Destination,
): Promise<StoredReturn> {
  const key = parseKey(store);
  await files.checkPut(key, change);
  const answer = await python.invokeForFile(call);
  await using file = answer.file;
  const { type, bytes: expectedBytes } = file;
  const stored = await files.put(key, file, { ...change, type, expectedBytes, signal: call.signal });
  return { stored, answer };
}
