import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';

import type { StoredFile } from '../store.ts';

/** S3 counts the names and the values. */
const maxBytes = 2048;
/** Of the store itself. */
const digestName = 'heady-sha256';
const digestBytes = digestName.length + 44;

type Described = Pick<StoredFile, 'type' | 'metadata' | 'sha256'>;

/**
 * What an object has beside its content. S3's metadata are headers: names of a few letters, in lower case; values of ASCII,
 * blanks at their ends lost. What else there is in a name is escaped as `_c3_b6`, in a value as in a URL, `%c3%b6`.
 *
 * @throws {Problem} `invalid-input`: it is more than S3 takes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
export function described({ type, metadata, sha256 }: Described) {
  if (digestName in metadata)
    throw new Problem(
      'invalid-input',
      `The metadata has '${digestName}', a name that the store has for itself.`,
    );
  const escaped = Object.entries(metadata).map(([name, value]) => [escapeName(name), escapeValue(value)]);
  const bytes = digestBytes + escaped.flat().join('').length;
  if (bytes > maxBytes) throw tooLong(bytes);
  const own = sha256 === undefined ? [] : [[digestName, sha256]];
  return { ContentType: type, Metadata: Object.fromEntries([...escaped, ...own]) as Record<string, string> };
}

/** The same of an object that there is. */
export function descriptionOf(
  type = 'application/octet-stream',
  { [digestName]: sha256, ...others }: Readonly<Record<string, string>> = {},
): Described {
  const entries = Object.entries(others).map(([name, value]) => [
    unescaped(name, '_', escapeName),
    unescaped(value, '%', escapeValue),
  ]);
  return { type, metadata: Object.fromEntries(entries) as Record<string, string>, sha256 };
}

function escapeName(name: string): string {
  return escape(name, /[^a-z0-9.-]/gu, '_');
}

function escapeValue(value: string): string {
  return escape(value, /[^!-$&-~]/gu, '%');
}

function escape(text: string, other: RegExp, mark: string): string {
  if (!text.isWellFormed())
    throw new Problem(
      'invalid-input',
      `The metadata has ${JSON.stringify(text)}, which is no well-formed text.`,
    );
  return text.replaceAll(other, (letter) =>
    Buffer.from(letter).toString('hex').replaceAll(/../g, `${mark}$&`),
  );
}

/** Where it was not this store that wrote it, it may look escaped and is not. */
function unescaped(text: string, mark: string, escapeAgain: (text: string) => string): string {
  const plain = Buffer.from(
    text.replaceAll(new RegExp(`${mark}([0-9a-f]{2})`, 'g'), (_, hex: string) =>
      String.fromCodePoint(Number.parseInt(hex, 16)),
    ),
    'latin1',
  ).toString();
  return escapeAgain(plain) === text ? plain : text;
}

function tooLong(bytes: number): Problem {
  return new Problem(
    'invalid-input',
    `The metadata takes ${bytes} bytes in a bucket, where ${maxBytes} have room.`,
    {
      limit: formatBytes(maxBytes),
      used: formatBytes(bytes),
    },
  );
}
