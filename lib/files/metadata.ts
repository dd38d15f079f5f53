import { Problem, pointerTo } from '#lib/problems';

type Metadata = Readonly<Record<string, string>>;
type Entry = readonly [name: string, value: string];

const prefix = 'x-meta-';
/**
 * What the name of a header may be (RFC 9110, 5.6.2), and no longer than a person would make it. `__proto__` is lost where an
 * object is made by assignment.
 */
const nameGrammar = /^(?!__proto__$)[\w!#$%&'*+.^`|~-]{1,64}$/;
/** Of all names and values together, as S3 has it. */
const mostBytes = 2048;

/** What a request says of a file for its user. @throws {Problem} `invalid-input` */
export function metadataOf({ headers }: Request): Metadata {
  return checked(
    [...headers]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), decoded(value)]),
  );
}

/** What the fields of a form say of its file. @throws {Problem} `invalid-input` */
export function metadataOfFields(fields: ReadonlyMap<string, readonly string[]>): Metadata {
  const alike = Map.groupBy(fields, ([name]) => name.toLowerCase());
  return checked([...alike].map(([name, same]) => [name, same.flatMap(([, values]) => values).join(', ')]));
}

/** What else says it, in names and values of its own: names are one where only their case differs. @throws {Problem} `invalid-input` */
export function metadataOfEntries(entries: readonly Entry[]): Metadata {
  return checked(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

/** The headers in which it is answered. */
export function metadataHeaders(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      `${prefix}${name}`,
      Buffer.from(value).toString('latin1'),
    ]),
  );
}

/** A header has bytes, each as a character: of UTF-8, where they are that. */
function decoded(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

function checked(entries: readonly Entry[]): Metadata {
  const names = new Set<string>();
  for (const [name, value] of entries) {
    if (!nameGrammar.test(name))
      throw invalid(name, 'is no name of metadata: letters, digits and -, up to 64 of them');
    if (/\p{Cc}/u.test(value)) throw invalid(name, 'has characters that a header cannot have');
    if (names.has(name)) throw invalid(name, 'is there twice, in letters of another case');
    names.add(name);
  }
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (bytes <= mostBytes) return Object.fromEntries(entries);
  throw invalid('', `all metadata has ${bytes} bytes, and ${mostBytes} at most are kept`);
}

function invalid(name: string, detail: string): Problem {
  return new Problem('invalid-input', 'The metadata of the file cannot be kept.', {
    errors: [{ pointer: pointerTo('metadata', name), detail }],
  });
}
