import { Counter, Gauge, Histogram, type Metric, Registry } from 'prom-client';

import { KeptHistogram } from './kept-histogram.ts';
import type { CounterSeries, Described, GaugeSeries, HistogramSeries } from './series.ts';

/** A value for each label of a series. */
export type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** What counts. Takes a fraction of a microsecond. */
export interface Counting<Label extends string> {
  /** @throws {Error} `by` is negative or not finite. */
  inc(labels: Labels<Label>, by?: number): void;
}

/** What measures. Takes a fraction of a microsecond. */
export interface Measuring<Label extends string> {
  /** @throws {TypeError} the value is not finite. */
  observe(labels: Labels<Label>, value: number): void;
}

/** The value of a series without labels, or one for each combination of its labels. */
export type Reading<Label extends string> = number | readonly (readonly [Labels<Label>, number])[];

/**
 * What a service counts and measures, as Prometheus reads it.
 *
 * @example
 * const calls = metrics.counter({
 *   type: 'counter',
 *   name: 'heady_inference_calls_total',
 *   help: 'Calls of inference backends.',
 *   labels: ['backend'],
 * });
 * calls.inc({ backend: 'mock' });
 */
export class Metrics {
  readonly #registry = new Registry();

  /** Of {@link Metrics.exposition}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All series with their values, in Prometheus' text format. */
  async exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  counter<Label extends string>(series: CounterSeries<Label>): Counting<Label> {
    return this.#register(new Counter(configurationOf(series)));
  }

  histogram<Label extends string>(series: HistogramSeries<Label>): Measuring<Label> {
    return this.#register(new Histogram({ ...configurationOf(series), buckets: [...series.buckets] }));
  }

  /** The same for one that is measured very often. */
  keptHistogram<Label extends string>(series: HistogramSeries<Label>): KeptHistogram<Label> {
    const histogram = new KeptHistogram(series);
    this.#registry.registerMetric(histogram as unknown as Metric); // it asks for a name and for `get` alone
    return histogram;
  }

  /** Has a value that is kept elsewhere read whenever the series are: it costs nothing until then. */
  read<Label extends string>(
    series: CounterSeries<Label> | GaugeSeries<Label>,
    read: () => Reading<Label>,
  ): void {
    const configuration = {
      ...configurationOf(series),
      collect(this: Counter<Label> | Gauge<Label>) {
        fill(this, read());
      },
    };
    this.#register(series.type === 'counter' ? new Counter(configuration) : new Gauge(configuration));
  }

  /** @throws {Error} there is a series of this name. */
  #register<Kept extends Metric>(metric: Kept): Kept {
    this.#registry.registerMetric(metric);
    return metric;
  }
}

/** For no registry: prom-client's own is one for the whole process. */
function configurationOf<Label extends string>({
  name,
  help,
  labels,
}: Described<Label> & { readonly name: string }) {
  return { name, help, labelNames: labels, registers: [] };
}

function fill<Label extends string>(kept: Counter<Label> | Gauge<Label>, reading: Reading<Label>): void {
  kept.reset();
  if (typeof reading === 'number') kept.inc(reading);
  else for (const [labels, value] of reading) kept.inc(labels, value);
}
