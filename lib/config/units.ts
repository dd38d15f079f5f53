/** Sizes are powers of 1024, as instance memory is sold: Render's 512 MB instance has 512 * 1024² bytes. */
const bytesPerUnit = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;
const millisecondsPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Bytes of a size such as `512MB`, `1.5GB` or `0B`; undefined when the text is no size.
 * The grammar is the one of `heady.function(memory=…)` in Python.
 */
export function parseBytes(text: string): number | undefined {
  return parseQuantity(text, bytesPerUnit);
}

/** What a timer can wait: a longer one would fire at once. */
const longestMs = 2 ** 31 - 1;

/**
 * Milliseconds of a duration such as `90s`, `250ms` or `1.5h`; undefined when the text is no duration, or one of more
 * than 24.8 days.
 */
export function parseDuration(text: string): number | undefined {
  const milliseconds = parseQuantity(text, millisecondsPerUnit);
  return milliseconds !== undefined && milliseconds <= longestMs ? milliseconds : undefined;
}

/** The shortest exact spelling of a size, such as `8MB`, or one with a single decimal, such as `1.5GB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = Object.entries(bytesPerUnit).findLast(([, factor]) => bytes >= factor) ?? ['B', 1];
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}

/** The shortest exact spelling of a duration, such as `90s` or `250ms`. */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)}ms`
    : `${Number((milliseconds / 1000).toFixed(3))}s`;
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>[A-Za-z]+)$/.exec(text.trim());
  const factor = units[match?.groups?.unit ?? ''];
  return factor === undefined ? undefined : Math.round(Number(match?.groups?.amount) * factor);
}
