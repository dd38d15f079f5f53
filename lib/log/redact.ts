/** Shorter values are no secrets worth the name, and masking them would blot out ordinary text. */
const minimumLength = 6;

/** What `npm run heady -- key` makes: of the keys in `HEADY_API_KEYS` the service knows the hashes alone. */
const madeKey = /heady_[\w-]{43}/g;

type Mask = readonly [spelling: string, mask: string];

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
    return this.#masks
      .reduce((masked, [spelling, mask]) => masked.replaceAll(spelling, mask), text)
      .replaceAll(madeKey, '[a key]');
  }

  /** Whether there is a secret in a text. */
  finds(text: string): boolean {
    return this.mask(text) !== text;
  }

  /** The same for a text that breaks off at its end: a secret that it breaks off in is left out. */
  maskBrokenOff(text: string): string {
    const masked = this.mask(text);
    const partial = Math.max(0, ...this.#masks.map(([spelling]) => overlap(masked, spelling)));
    return masked.slice(0, masked.length - partial);
  }
}

/** How many of the last characters of a text are the first ones of a spelling. */
function overlap(text: string, spelling: string): number {
  for (let length = Math.min(spelling.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(spelling.slice(0, length))) return length;
  return 0;
}

/** The longest first, as one spelling may be within another. */
function masksOf(secrets: ReadonlyMap<string, string>): Mask[] {
  return [...secrets]
    .filter(([, value]) => value.length >= minimumLength)
    .flatMap(([name, value]) => spellings(value).map((spelling): Mask => [spelling, `[${name}]`]))
    .toSorted(([a], [b]) => b.length - a.length);
}

function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 4 * minimumLength); // a PEM's body, line by line
  return [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines])];
}
