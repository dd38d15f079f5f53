import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

import type { Metrics } from './metrics.ts';
import type { SeriesTable } from './series.ts';

/**
 * What Node tells of itself when it is asked. Not those that prom-client has ready: its histogram of the event loop's
 * delay takes 0.4 % of a CPU while nothing happens, and starts anew with each reader.
 */
export const processSeries = {
  build: {
    type: 'gauge',
    name: 'heady_build_info',
    help: 'Always 1; the labels are versions.',
    labels: ['version', 'node', 'python'],
  },
  startTime: {
    type: 'gauge',
    name: 'heady_process_start_time_seconds',
    help: 'When the service was started, in seconds since 1970.',
    labels: [],
  },
  cpu: {
    type: 'counter',
    name: 'heady_process_cpu_seconds_total',
    help: 'CPU time of the server, without Python.',
    labels: [],
  },
  eventLoop: {
    type: 'counter',
    name: 'heady_event_loop_active_seconds_total',
    help: "Time that the server's event loop was not idle; its rate near 1: requests wait for Node itself.",
    labels: [],
  },
  residentMemory: {
    type: 'gauge',
    name: 'heady_process_resident_memory_bytes',
    help: 'Memory of the server, without Python.',
    labels: [],
  },
  heapUsed: {
    type: 'gauge',
    name: 'heady_heap_used_bytes',
    help: "Node's heap, garbage included; part of the resident memory.",
    labels: [],
  },
  heapLimit: {
    type: 'gauge',
    name: 'heady_heap_limit_bytes',
    help: 'What the heap may grow to.',
    labels: [],
  },
} as const satisfies SeriesTable;

interface Versions {
  readonly version: string;
  readonly python: string;
}

/** Shows what the server's process is and uses. */
export function processMetrics(metrics: Metrics, versions: Versions): void {
  const build = { ...versions, node: process.versions.node };
  metrics.read(processSeries.build, () => [[build, 1]]);
  metrics.read(processSeries.startTime, () => performance.timeOrigin / 1000);
  metrics.read(processSeries.cpu, () => cpuSeconds());
  metrics.read(processSeries.eventLoop, () => performance.eventLoopUtilization().active / 1000);
  metrics.read(processSeries.residentMemory, () => process.memoryUsage.rss());
  metrics.read(processSeries.heapUsed, () => getHeapStatistics().used_heap_size);
  metrics.read(processSeries.heapLimit, () => getHeapStatistics().heap_size_limit);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
