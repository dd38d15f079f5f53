import { Problem } from '#lib/problems';

/** The name of a file: what {@link parseKey} has let through. */
export type ObjectKey = string & { readonly __brand: 'ObjectKey' };

/** S3 takes as many bytes; a part between slashes is a file's name where somebody downloads it. */
const maxBytes = 1024;
const maxPartBytes = 255;

/** Parts that mean something to a file system, or to a device of Windows where somebody downloads it. */
const reserved = /^(?:\.{1,2}|con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;

/**
 * A key in Unicode's form NFC, so that what looks the same is the same: parts between slashes, as in `reports/2026/a.pdf`.
 *
 * @throws {Problem} `invalid-input`: says what is wrong with it.
 */
export function parseKey(given: string): ObjectKey {
  const key = given.normalize('NFC');
  const fault = faultOf(key);
  if (fault === undefined) return key as ObjectKey;
  const shown = JSON.stringify(key.slice(0, 100));
  throw new Problem('invalid-input', `The key ${shown} ${fault}.`, {
    errors: [{ pointer: '/key', detail: fault }],
  });
}

/** Whether this is a key as it is, and there can be a file of this name. */
export function isKey(text: string): text is ObjectKey {
  return text === text.normalize('NFC') && faultOf(text) === undefined;
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (Buffer.byteLength(key) > maxBytes) return `is longer than ${maxBytes} bytes`;
  if (!key.isWellFormed()) return 'is no well-formed text';
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(key)) return 'has characters that cannot be seen';
  if (key.includes('\\')) return 'has a backslash: parts are set apart by /';
  return key
    .split('/')
    .map(partFault)
    .find((fault) => fault !== undefined);
}

function partFault(part: string): string | undefined {
  if (part === '') return 'begins or ends with a slash, or has two in a row';
  if (Buffer.byteLength(part) > maxPartBytes) return `has a part longer than ${maxPartBytes} bytes`;
  if (part !== part.trim() || part.endsWith('.'))
    return `has the part '${part}', which begins or ends with a blank or ends with a dot`;
  return reserved.test(part) ? `has the part '${part}', which is reserved` : undefined;
}
