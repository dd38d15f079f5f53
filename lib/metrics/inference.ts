import type { CallUsage, InferenceHealth } from '#lib/inference';

import type { Metrics } from './metrics.ts';
import { secondsBuckets, type SeriesTable } from './series.ts';

export const inferenceSeries = {
  calls: {
    type: 'counter',
    name: 'heady_inference_calls_total',
    help: 'Calls of inference that have ended, retries within them: `ok`, `refused` for what the caller did wrong, `failed`, `canceled`.',
    labels: ['backend', 'model', 'operation', 'caller', 'outcome'],
  },
  duration: {
    type: 'histogram',
    name: 'heady_inference_call_duration_seconds',
    help: 'Time of calls from their beginning to the end of their answer, waiting and retries included.',
    labels: ['backend', 'operation'],
    buckets: secondsBuckets,
  },
  tokens: {
    type: 'counter',
    name: 'heady_inference_tokens_total',
    help: 'Tokens in (`input`) and out (`output`); estimated where the backend does not count them.',
    labels: ['backend', 'model', 'caller', 'direction'],
  },
  retries: {
    type: 'counter',
    name: 'heady_inference_retries_total',
    help: 'Attempts after the first of a call.',
    labels: ['backend'],
  },
  cacheHits: {
    type: 'counter',
    name: 'heady_inference_cache_hits_total',
    help: 'Texts whose vectors were in the cache.',
    labels: [],
  },
  coalesced: {
    type: 'counter',
    name: 'heady_inference_coalesced_total',
    help: 'Calls that an equal one, which ran already, has answered.',
    labels: [],
  },
  circuits: {
    type: 'gauge',
    name: 'heady_inference_circuit_open',
    help: '1 while a backend is left alone, 0.5 while one call tries it again, else 0.',
    labels: ['backend'],
  },
  running: {
    type: 'gauge',
    name: 'heady_inference_running',
    help: 'Calls that hold a place; at most `HF_MAX_CONCURRENCY`.',
    labels: [],
  },
  queued: {
    type: 'gauge',
    name: 'heady_inference_queued',
    help: 'Calls that wait for a place.',
    labels: [],
  },
} as const satisfies SeriesTable;

/** Callers name models as they like: as many as have answered are told apart, any other is `other`. */
const maxModels = 50;

/** Counts and measures calls of inference. */
export function inferenceMetrics(metrics: Metrics): (usage: CallUsage) => void {
  const calls = metrics.counter(inferenceSeries.calls);
  const duration = metrics.histogram(inferenceSeries.duration);
  const tokens = metrics.counter(inferenceSeries.tokens);
  const retries = metrics.counter(inferenceSeries.retries);
  const cacheHits = metrics.counter(inferenceSeries.cacheHits);
  const coalesced = metrics.counter(inferenceSeries.coalesced);
  const modelOf = boundedModels();
  return (usage) => {
    const { backend, operation, caller, outcome, durationMs } = usage;
    const model = modelOf(usage);
    calls.inc({ backend, model, operation, caller, outcome });
    duration.observe({ backend, operation }, durationMs / 1000);
    tokens.inc({ backend, model, caller, direction: 'input' }, usage.inputTokens);
    tokens.inc({ backend, model, caller, direction: 'output' }, usage.outputTokens);
    retries.inc({ backend }, usage.retries);
    cacheHits.inc({}, usage.cacheHits);
    coalesced.inc({}, usage.coalesced ? 1 : 0);
  };
}

/** Shows the circuits and the queue as they are now. */
export function inferenceStateMetrics(metrics: Metrics, health: () => InferenceHealth | undefined): void {
  const values = { closed: 0, 'half-open': 0.5, open: 1 };
  metrics.read(inferenceSeries.circuits, () =>
    Object.entries(health()?.circuits ?? {}).map(([backend, state]) => [{ backend }, values[state]] as const),
  );
  metrics.read(inferenceSeries.running, () => health()?.running ?? 0);
  metrics.read(inferenceSeries.queued, () => health()?.queued ?? 0);
}

function boundedModels(): (usage: CallUsage) => string {
  const known = new Set<string>();
  return ({ model, outcome }) => {
    if (outcome === 'ok' && known.size < maxModels) known.add(model);
    return known.has(model) ? model : 'other';
  };
}
