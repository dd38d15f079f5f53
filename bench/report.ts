import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Series } from './callers.ts';
import { percentile } from './statistics.ts';
import { describeTarget, isMet, type TargetName } from './targets.ts';

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly result: { readonly value: number; readonly unit: string };
  /** The absolute figures behind the result. */
  readonly figures: readonly string[];
  readonly target?: TargetName;
}

/** The table, in Markdown. */
export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [
      row.measure,
      `${formatNumber(row.result.value)} ${row.result.unit}`,
      row.figures.join('; '),
      verdict(row),
    ].join(' | '),
  );
  return ['Measure | Result | Figures | Target', '--- | ---: | --- | ---', ...lines]
    .map((line) => `| ${line} |`)
    .join('\n');
}

const readme = join(import.meta.dirname, 'README.md');

/** Puts text between the markers of this name in the README. */
export function writeResults(text: string, name = 'results'): void {
  const page = readFileSync(readme, 'utf8');
  const markers = new RegExp(`(?<=<!-- begin ${name} -->\n)[^]*(?=<!-- end ${name} -->)`);
  if (!markers.test(page)) throw new Error(`${readme} has no markers for ${name}`);
  writeFileSync(
    readme,
    page.replace(markers, () => `${text}\n`),
  );
}

export function describeLatency(name: string, { latenciesMs }: Series): string {
  const [p50, p99] = [50, 99].map((rank) => formatNumber(percentile(latenciesMs, rank)));
  return `${name} ${p50} ms (p99 ${p99}, ${latenciesMs.length} calls)`;
}

export function describeThroughput(name: string, { perSecond, latenciesMs }: Series): string {
  return `${name} ${formatNumber(perSecond)}/s (${latenciesMs.length} calls)`;
}

/** Three significant digits; a dash where there was nothing to measure. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '—';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function verdict(row: Row): string {
  return row.target === undefined ? '' : `${describeTarget(row)}: ${isMet(row) ? 'met' : '**missed**'}`;
}
