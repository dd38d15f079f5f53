import type { HistogramChild } from './kept-histogram.ts';
import type { Labels, Metrics } from './metrics.ts';
import { secondsBuckets, type SeriesTable } from './series.ts';

export const httpSeries = {
  requests: {
    type: 'counter',
    name: 'heady_http_requests_total',
    help: 'Requests that have ended, by the status they were answered with; `none`: the caller left before there was one.',
    labels: ['method', 'route', 'status'],
  },
  duration: {
    type: 'histogram',
    name: 'heady_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, that of a stream included.',
    labels: ['method', 'route'],
    buckets: secondsBuckets,
  },
  inFlight: {
    type: 'gauge',
    name: 'heady_http_requests_in_flight',
    help: 'Requests that have not ended, this one included.',
    labels: [],
  },
  refused: {
    type: 'counter',
    name: 'heady_http_refused_total',
    help: 'Requests that were refused at the front door: `rate-limited`, `overloaded`, or `unauthorized` for a wrong key.',
    labels: ['code'],
  },
} as const satisfies SeriesTable;

/** What is counted of a request that has ended. */
export interface CountedRequest {
  readonly method: string | undefined;
  /** The pattern that it has matched, where it has one. */
  readonly route?: string | undefined;
  /** Absent when nothing was answered. */
  readonly status?: number | undefined;
  readonly durationMs: number;
}

/** Is told of each request when it has ended. */
export interface RequestMetrics {
  ended(request: CountedRequest): void;
}

/** Those that a route may take; any other is a client's invention. */
const knownMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/** Counts and times requests. What it costs is paid for each of them, so series are looked up by one short text. */
export function requestMetrics(metrics: Metrics, load: { readonly inFlight: number }): RequestMetrics {
  const duration = metrics.keptHistogram(httpSeries.duration);
  const durations = new Map<string, HistogramChild>();
  const requests = new Map<string, Counted>();
  metrics.read(httpSeries.requests, () => [...requests.values()].map(({ labels, count }) => [labels, count]));
  metrics.read(httpSeries.inFlight, () => load.inFlight);
  return {
    ended({ method: given = '', route = 'none', status, durationMs }) {
      const method = knownMethods.has(given) ? given : 'other';
      const name = `${method} ${route}`;
      const durationOf = durations.get(name) ?? kept(durations, name, duration.child({ method, route }));
      durationOf.observe(durationMs / 1000);
      const answered = `${status} ${name}`;
      const counted = requests.get(answered) ?? kept(requests, answered, newCount(method, route, status));
      counted.count += 1;
    },
  };
}

interface Counted {
  readonly labels: Labels<'method' | 'route' | 'status'>;
  count: number;
}

function newCount(method: string, route: string, status: number | undefined): Counted {
  return { labels: { method, route, status: status === undefined ? 'none' : String(status) }, count: 0 };
}

function kept<Value>(map: Map<string, Value>, name: string, value: Value): Value {
  map.set(name, value);
  return value;
}

/** Counts a request that is refused, by the code of its problem. */
export function refusalMetrics(
  metrics: Metrics,
): (code: 'rate-limited' | 'overloaded' | 'unauthorized') => void {
  const refused = metrics.counter(httpSeries.refused);
  return (code) => refused.inc({ code });
}
