import { spawnServer, waitFor } from '../tests/server.ts';
import { freePort } from './free-port.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';
import { median } from './statistics.ts';

const starts = 5;

/** From the start of the process to the first 200 of its health check. */
export async function measureStart(root: string): Promise<Row> {
  const seconds: number[] = [];
  for (let start = 0; start < starts; start += 1) seconds.push(await timeStart(root));
  return {
    measure: 'Start to the first 200 of /api/health',
    result: { value: median(seconds), unit: 's' },
    figures: [`median of ${starts}: ${seconds.map(formatNumber).join(', ')} s`],
    target: 'startSeconds',
  };
}

async function timeStart(root: string): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const server = spawnServer({ root, env: { ...productionEnvironment, PORT: String(port) } });
  try {
    await waitFor(() => isHealthy(`http://127.0.0.1:${port}/api/health`), 30_000);
    return (performance.now() - startedAt) / 1000;
  } finally {
    server.kill('SIGTERM');
    await server;
  }
}

async function isHealthy(url: string): Promise<true | undefined> {
  const response = await fetch(url).catch(() => undefined); // it does not listen yet
  return response?.ok || undefined;
}
