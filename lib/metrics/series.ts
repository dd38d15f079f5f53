/** What a series is called and means. Its name tells its unit, a base unit, as Prometheus has it. */
export interface Described<Label extends string> {
  readonly help: string;
  /** Each has few values, which no client can add to: a series is kept for every combination. */
  readonly labels: readonly Label[];
}

/** Only grows, from 0 at the service's start. */
export interface CounterSeries<Label extends string = string> extends Described<Label> {
  readonly type: 'counter';
  readonly name: `heady_${string}_total`;
}

/** What is now. */
export interface GaugeSeries<Label extends string = string> extends Described<Label> {
  readonly type: 'gauge';
  readonly name: `heady_${string}`;
}

/** How many values there were up to each bound, and their sum. */
export interface HistogramSeries<Label extends string = string> extends Described<Label> {
  readonly type: 'histogram';
  readonly name: `heady_${string}_${'seconds' | 'bytes'}`;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** The series of one part. */
export type SeriesTable = Readonly<Record<string, CounterSeries | GaugeSeries | HistogramSeries>>;

/** Of durations: from a route in TypeScript, 1 ms, to beyond `HEADY_PY_TIMEOUT`. */
export const secondsBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100,
] as const;
