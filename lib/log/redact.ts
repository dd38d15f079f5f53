/** Shorter values are no secrets worth the name, and masking them would blot out ordinary text. */
const minimumLength = 6;

type Mask = readonly [spelling: string, mask: string];

/**
 * A function that masks every occurrence of the given secrets in a text, also where they stand escaped in JSON or in
 * a URL. `secrets` maps the name of each to its value; those that join it later are masked from then on.
 */
export function redactor(secrets: ReadonlyMap<string, string>): (text: string) => string {
  let masks = masksOf(secrets);
  let count = secrets.size;
  return (text) => {
    if (secrets.size !== count) {
      masks = masksOf(secrets);
      count = secrets.size;
    }
    return masks.reduce((masked, [spelling, mask]) => masked.replaceAll(spelling, mask), text);
  };
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
