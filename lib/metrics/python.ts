import type { InvocationRecord, Outcome } from '#lib/records';

import type { Metrics } from './metrics.ts';
import { secondsBuckets, type SeriesTable } from './series.ts';

const megabyte = 1024 ** 2;

export const pythonSeries = {
  invocations: {
    type: 'counter',
    name: 'heady_python_invocations_total',
    help: 'Invocations that have ended: `ok`, `canceled`, `invalid-input`, the code of an error of `worker-…`, or `http-4xx` and `http-5xx` of a `heady.HTTPError`.',
    labels: ['worker', 'function', 'outcome'],
  },
  duration: {
    type: 'histogram',
    name: 'heady_python_invocation_duration_seconds',
    help: 'Time that invocations ran, without their wait for a slot.',
    labels: ['worker', 'function'],
    buckets: secondsBuckets,
  },
  queue: {
    type: 'histogram',
    name: 'heady_python_queue_seconds',
    help: 'Time that invocations waited for a slot and a process, those that were turned away included.',
    labels: [],
    buckets: secondsBuckets,
  },
  cpu: {
    type: 'counter',
    name: 'heady_python_cpu_seconds_total',
    help: 'CPU time that invocations used, that of their child processes included.',
    labels: ['worker', 'function'],
  },
  peakMemory: {
    type: 'histogram',
    name: 'heady_python_peak_memory_bytes',
    help: 'Highest measured use of memory of an invocation, by the measure of `HEADY_PY_MEMORY`; those that ended before it was measured are left out.',
    labels: ['worker', 'function'],
    buckets: [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((each) => each * megabyte),
  },
  running: {
    type: 'gauge',
    name: 'heady_python_running',
    help: 'Invocations that hold a slot; at most `HEADY_PY_MAX_CONCURRENCY`.',
    labels: [],
  },
  queued: {
    type: 'gauge',
    name: 'heady_python_queued',
    help: 'Invocations that wait for a slot; at most `HEADY_PY_MAX_QUEUE`.',
    labels: [],
  },
} as const satisfies SeriesTable;

/** Counts and measures invocations by their records. These name workers and functions that exist, whatever was called. */
export function invocationMetrics(metrics: Metrics): (record: InvocationRecord) => void {
  const invocations = metrics.counter(pythonSeries.invocations);
  const duration = metrics.histogram(pythonSeries.duration);
  const queue = metrics.histogram(pythonSeries.queue);
  const cpu = metrics.counter(pythonSeries.cpu);
  const peakMemory = metrics.histogram(pythonSeries.peakMemory);
  return ({ worker, function: name, outcome, queueMs, runMs, cpuMs, peakMemoryBytes }) => {
    const labels = { worker, function: name };
    invocations.inc({ ...labels, outcome: bounded(outcome) });
    queue.observe({}, queueMs / 1000);
    if (runMs === 0) return; // it was turned away, or left
    duration.observe(labels, runMs / 1000);
    cpu.inc(labels, cpuMs / 1000);
    if (peakMemoryBytes > 0) peakMemory.observe(labels, peakMemoryBytes);
  };
}

interface Load {
  readonly running: number;
  readonly queued: number;
}

/** Shows how many invocations there are now. */
export function loadMetrics(metrics: Metrics, load: () => Load): void {
  metrics.read(pythonSeries.running, () => load().running);
  metrics.read(pythonSeries.queued, () => load().queued);
}

/** A function may choose the status of its `HTTPError` by what it is given: the class alone is kept. */
function bounded(outcome: Outcome): string {
  return outcome.replace(/^(http-\d)\d+$/, '$1xx');
}
