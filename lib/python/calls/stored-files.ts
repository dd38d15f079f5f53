import { formatBytes } from '#lib/config';
import type { Files, FoundFile } from '#lib/files';
import { type FieldError, Problem } from '#lib/problems';
import { copyOut, parseKey } from '#storage';

import type { DescribedFunction } from '../workers/described-function.ts';
import type { AnyCall } from './call.ts';
import { type GivenKey, givenKeys } from './given-keys.ts';
import type { Limits } from './limits.ts';
import { bytesOf, type CopiedFile, type Parts } from './parts.ts';

/** Where keys are looked up. */
export type StoredFiles = Pick<Files, 'find' | 'open'>;

/** As many as a form has parts. */
const mostFiles = 1000;

/**
 * The stored files whose keys a call gives, where its function takes files: by the names of their arguments, in the order
 * in which the process comes to the keys. They are copied when the call has its process.
 *
 * @throws {Problem} `invalid-input`: there are no such files; `worker-disk-exceeded`: they have more bytes together than
 *   the call may have of the disk.
 */
export async function storedFiles(
  call: AnyCall,
  described: DescribedFunction,
  { diskBytes }: Pick<Limits, 'diskBytes'>,
): Promise<Parts<CopiedFile> | undefined> {
  const keys = givenKeys(call, described.files);
  const files = keys.length === 0 ? undefined : call.files?.();
  if (!files) return undefined;
  if (keys.length > mostFiles)
    throw new Problem(
      'invalid-input',
      `The call names ${keys.length} files, and ${mostFiles} at most can be.`,
    );
  const parts = await lookUp(keys, files, call.signal);
  const bytes = bytesOf(parts);
  if (bytes <= diskBytes) return parts;
  const [limit, used] = [formatBytes(diskBytes), formatBytes(bytes)];
  const detail = `The files that the call names have ${used}, and ${described.name} has ${limit} of disk.`;
  throw new Problem('worker-disk-exceeded', detail, { limit, used });
}

async function lookUp(
  keys: readonly GivenKey[],
  files: StoredFiles,
  signal: AbortSignal,
): Promise<Parts<CopiedFile>> {
  const found: { readonly name: string; readonly file: CopiedFile }[] = [];
  const errors: FieldError[] = [];
  for (const { name, text, pointer } of keys) {
    signal.throwIfAborted();
    try {
      found.push({ name, file: copyOf(await find(text, files), files) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      errors.push({ pointer, detail: error.message });
    }
  }
  const [first] = errors;
  if (first) throw new Problem('invalid-input', first.detail, { errors });
  const groups = Map.groupBy(found, ({ name }) => name).entries();
  return Object.fromEntries(groups.map(([name, each]) => [name, each.map(({ file }) => file)]));
}

/** Clients send the content itself as a text where they leave its file name out. */
const howToSend = 'One that is sent is a part of multipart/form-data with a file name.';

/** @throws {Problem} it is no key, or there is no such file. */
async function find(text: string, files: StoredFiles): Promise<FoundFile> {
  const found = await files.find(parseKey(text));
  if (!found) throw new Problem('not-found', `There is no stored file '${text}'. ${howToSend}`);
  return found;
}

/** A file as the function is given it, named as the last part of its key is. */
function copyOf({ file: { key, type, bytes, etag } }: FoundFile, files: StoredFiles): CopiedFile {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const copyTo = async (path: string, signal: AbortSignal) => {
    const found = await files.open(key);
    await using opened = found?.opened;
    if (opened?.file.etag !== etag)
      throw new Problem('precondition-failed', `'${key}' was replaced or deleted while the call waited.`);
    await copyOut(opened, path, signal);
  };
  return { name, type, bytes, copyTo };
}
