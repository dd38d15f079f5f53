import { createHistogram } from 'node:perf_hooks';

/** Node's histogram counts integers, to three digits: thousandths of the unit are fine enough for all of ours. */
const scale = 1000;

/** The value below which `rank` percent of the values are. */
export function percentile(values: readonly number[], rank: number): number {
  const histogram = createHistogram();
  for (const value of values) histogram.record(Math.max(1, Math.round(value * scale)));
  return histogram.percentile(rank) / scale;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}
