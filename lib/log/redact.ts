/** Shorter values are no secrets worth the name, and masking them would blot out ordinary text. */
const minimumLength = 6;

type Mask = readonly [spelling: string, mask: string];

/**
 * Masks every occurrence of the given secrets in a text, also where they stand escaped in JSON or in a URL. `secrets`
 * maps the name of each to its value; those that join it later are masked from then on.
 */
export class Redactor {
  readonly #secrets: ReadonlyMap<string, string>;
  #masks: readonly Mask[] = [];
  #count = 0;

  constructor(secrets: ReadonlyMap<string, string>) {
    this.#secrets = secrets;
  }

  mask(text: string): string {
    return this.#current().reduce((masked, [spelling, mask]) => masked.replaceAll(spelling, mask), text);
  }

  /** The same for a text that breaks off at its end: a secret that it breaks off in is left out. */
  maskBrokenOff(text: string): string {
    const masked = this.mask(text);
    const partial = Math.max(0, ...this.#current().map(([spelling]) => overlap(masked, spelling)));
    return masked.slice(0, masked.length - partial);
  }

  #current(): readonly Mask[] {
    if (this.#secrets.size !== this.#count) {
      this.#masks = masksOf(this.#secrets);
      this.#count = this.#secrets.size;
    }
    return this.#masks;
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
