import { setTimeout as delay } from 'node:timers/promises';

import { TestServer } from '../tests/server.ts';
import { memoryOf } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';
import { median } from './statistics.ts';

const calls = 50;
const streams = 200;
const holdSeconds = 10;

/** How soon an item is with its reader, and what many streams at once hold in the server. */
export async function measureStreams(root: string): Promise<Row[]> {
  const env = { ...productionEnvironment, HEADY_PY_MAX_CONCURRENCY: String(streams) };
  await using server = await TestServer.start({ root, env });
  await firstItem(server); // the worker is loaded, code is compiled
  const first = await measureFirstItem(server);
  return [first, await measureMany(server)];
}

async function measureFirstItem(server: TestServer): Promise<Row> {
  const waits: number[] = [];
  for (let call = 0; call < calls; call += 1) waits.push(await firstItem(server));
  return {
    measure: 'From the yield of a first item to its reader, at most',
    result: { value: Math.max(...waits), unit: 'ms' },
    figures: [`median ${formatNumber(median(waits))} ms`, `${calls} streams, one after the other`],
    target: 'firstItemMilliseconds',
  };
}

/** Milliseconds from its yield, as it says itself, until it is here. */
async function firstItem(server: TestServer): Promise<number> {
  const { body } = await open(server, 'stamp', {});
  let text = '';
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString();
    const [, yieldedAt] = /data: ([\d.]+)\n/.exec(text) ?? [];
    if (yieldedAt !== undefined) return Math.max(0, Date.now() - Number(yieldedAt));
  }
  throw new Error(`the stream has no item: ${text}`);
}

/** Half of the readers take what comes, the others leave it lying. */
async function measureMany(server: TestServer): Promise<Row> {
  const resident = () => memoryOf(server.pid).rssBytes;
  const before = resident();
  const input = { seconds: holdSeconds, characters: 1000 };
  const opened = await Promise.all(Array.from({ length: streams }, async () => open(server, 'flow', input)));
  const reading = opened.filter((_, index) => index % 2 === 0).map(async ({ body }) => drain(body));
  let most = 0;
  const sampling = setInterval(() => (most = Math.max(most, resident())), 100);
  await delay((holdSeconds * 1000) / 2);
  clearInterval(sampling);
  await Promise.all(reading);
  for (const { close } of opened) close();
  return {
    measure: `${streams} streams at once: growth of the server, resident`,
    result: { value: (most - before) / 1024 ** 2, unit: 'MB' },
    figures: [`${formatNumber(before / 1024 ** 2)} MB before`, 'half of the readers do not read'],
    target: 'streamsMegabytes',
  };
}

interface Opened {
  readonly body: ReadableStream<Uint8Array>;
  readonly close: () => void;
}

async function open(server: TestServer, name: string, input: unknown): Promise<Opened> {
  const controller = new AbortController();
  const response = await server.call(`streams/${name}`, input, {
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    signal: controller.signal,
  });
  if (!response.ok || !response.body) throw new Error(`streams/${name}: ${await response.text()}`);
  return { body: response.body, close: () => controller.abort() };
}

async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of body);
}
