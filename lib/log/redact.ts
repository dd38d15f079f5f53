/** Shorter values are no secrets worth the name, and masking them would blot out ordinary text. */
const minimumLength = 6;

/** What `npm run heady -- key` makes: of the keys in `HEADY_API_KEYS` the service knows the hashes alone. */
const madeKeyPrefix = 'heady_';
const madeKey = new RegExp(`${madeKeyPrefix}[\\w-]{43}`, 'g');

interface Mask {
  readonly mask: string;
  readonly pattern: string | RegExp;
  /** What a text may break off in. */
  readonly spellings: readonly string[];
}

/**
 * Masks every occurrence of the secrets in force in a text, also where they stand escaped in JSON or in a URL, and of
 * what looks like a key of the service. The service has one, for whatever it says.
 */
export class Redactor {
  readonly #secrets: Map<string, string>;
  #masks: readonly Mask[];

  /** @param secrets - the name of each, and its value. */
  constructor(secrets: ReadonlyMap<string, string>) {
    this.#secrets = new Map(secrets);
    this.#masks = masksOf(this.#secrets);
  }

  /** Has one more masked from now on. */
  add(name: string, value: string): void {
    if (this.#secrets.get(name) === value) return;
    this.#secrets.set(name, value);
    this.#masks = masksOf(this.#secrets);
  }

  mask(text: string): string {
    const masked = this.#masks.reduce((sofar, { pattern, mask }) => sofar.replaceAll(pattern, mask), text);
    return masked.includes(madeKeyPrefix) ? masked.replaceAll(madeKey, '[a key]') : masked;
  }

  /** Whether there is a secret in a text. */
  finds(text: string): boolean {
    return this.mask(text) !== text;
  }

  /** The same for a text that breaks off at its end: a secret that it breaks off in is left out. */
  maskBrokenOff(text: string): string {
    const masked = this.mask(text);
    const spellings = this.#masks.flatMap((mask) => mask.spellings);
    const partial = Math.max(0, ...spellings.map((spelling) => overlap(masked, spelling)));
    return masked.slice(0, masked.length - partial);
  }
}

/** How many of the last characters of a text are the first ones of a spelling. */
function overlap(text: string, spelling: string): number {
  for (let length = Math.min(spelling.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(spelling.slice(0, length))) return length;
  return 0;
}

/** The longest first, as one secret may be within another. */
function masksOf(secrets: ReadonlyMap<string, string>): Mask[] {
  return [...secrets]
    .filter(([, value]) => value.length >= minimumLength)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .flatMap(([name, value]) =>
      [value, ...linesOf(value)].map((text) => ({
        mask: `[${name}]`,
        pattern: isPlain.test(text) ? text : inAnySpelling(text),
        spellings: [...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])],
      })),
    );
}

/** A PEM's body is said line by line. */
function linesOf(value: string): string[] {
  return value.split(/\r?\n/).filter((line) => line.length >= 4 * minimumLength && line !== value);
}

/** It is spelled like this everywhere. */
const isPlain = /^[\w.~-]+$/;

/**
 * As it is, as URLs have it, of which each client encodes what it likes, and as strings have it in JSON and in Python, in one
 * another as well: with one backslash or many before what is special. Of many, a match begins at the first and takes all:
 * to try each of the thousands that a client may send takes seconds.
 */
function inAnySpelling(text: string): RegExp {
  const units = text.match(/\\+|[^\\]/gu) ?? [];
  return new RegExp(units.map((unit, at) => spellingOf(unit, at === 0 ? firstBackslash : '')).join(''), 'g');
}

const firstBackslash = String.raw`(?<!\\)`;

/** @param start - what holds where it begins with a backslash. */
function spellingOf(unit: string, start: string): string {
  if (isPlain.test(unit)) return RegExp.escape(unit);
  if (unit.startsWith('\\')) return String.raw`(?:${start}\\+(?!\\)|(?:%5[cC])+)`;
  const escaped = JSON.stringify(unit).slice(1, -1).replace(/^\\/, ''); // as `n` for a line's end
  const code = unit.codePointAt(0)?.toString(16).padStart(4, '0');
  const ways = [RegExp.escape(unit), RegExp.escape(escaped), `u${code}`].join('|');
  return String.raw`(?:${start}\\*(?:${ways})|${percentEncoded(unit)})`;
}

function percentEncoded(character: string): string {
  const digits = Buffer.from(character).toString('hex');
  return digits.replaceAll(/../g, '%$&').replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
