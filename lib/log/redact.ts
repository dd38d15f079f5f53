/** Shorter values are no secrets worth the name, and masking them would blot out ordinary text. */
const minimumLength = 6;

/**
 * A function that masks every occurrence of the given secrets in a text, also where they stand escaped in JSON or in
 * a URL. `secrets` maps the name of each to its value.
 */
export function redactor(secrets: ReadonlyMap<string, string>): (text: string) => string {
  const masks = [...secrets]
    .filter(([, value]) => value.length >= minimumLength)
    .flatMap(([name, value]) => spellings(value).map((spelling) => [spelling, `[${name}]`] as const))
    .toSorted(([a], [b]) => b.length - a.length);
  return (text) => masks.reduce((masked, [spelling, mask]) => masked.replaceAll(spelling, mask), text);
}

function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 4 * minimumLength); // a PEM's body, line by line
  return [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines])];
}
