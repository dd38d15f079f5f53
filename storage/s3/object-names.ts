import { Problem } from '#lib/problems';

import { isKey, type ObjectKey } from '../key.ts';

/** What is in the bucket beside it is not the service's. */
const folder = 'files/';
/** S3's, for a whole name. */
const maxBytes = 1024;

/** The name of the object that is the file. @throws {Problem} `invalid-input`: it is too long for one. */
export function objectName(key: ObjectKey): string {
  const name = `${folder}${key}`;
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const fault = `is longer than ${maxBytes - folder.length} bytes, for which there is room in a bucket`;
  throw new Problem('invalid-input', `The key ${JSON.stringify(key.slice(0, 100))} ${fault}.`, {
    errors: [{ pointer: '/key', detail: fault }],
  });
}

/** With what the names of the objects begin whose keys begin so, or after which they come. */
export function namePrefix(prefix: string): string {
  return `${folder}${prefix}`;
}

/** What a name is beside the folder: the key where there can be such a file. */
export function keyOf(name: string): string {
  return name.slice(folder.length);
}

/** The key of an object; undefined where somebody else has put it there under a name that is none. */
export function keyIn(name: string): ObjectKey | undefined {
  const key = keyOf(name);
  return isKey(key) ? key : undefined;
}

/** A name in a list, where it is encoded as in a form: XML has no place for all that there may be in it. */
export function decodedName(listed: string): string {
  return decodeURIComponent(listed.replaceAll('+', ' '));
}
