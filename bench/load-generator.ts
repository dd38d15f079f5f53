/** The load generator, in a process of its own: has autocannon do each round that it is sent. */
import autocannon from 'autocannon';

import type { Load, LoadResult } from './load.ts';

const sampleMs = 100;

process.on('message', (load: Load) => void run(load).then((result) => process.send?.(result)));

async function run({ url, headers, body, connections, seconds }: Load): Promise<LoadResult> {
  const before = process.cpuUsage();
  const result = await autocannon({
    url,
    headers: { ...headers },
    connections,
    duration: seconds,
    sampleInt: sampleMs, // it ends at the end of one
    ...(body !== undefined && { method: 'POST' as const, body }),
  });
  const { user, system } = process.cpuUsage(before);
  return {
    answered: result['2xx'],
    refused: result.non2xx,
    failed: result.errors + result.timeouts,
    seconds: result.duration,
    p99Ms: result.latency.p99,
    cpuSeconds: (user + system) / 1e6,
  };
}
