import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { apiKey, TestServer } from '../tests/server.ts';
import { memoryOf } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';
import { median, percentile } from './statistics.ts';

const calls = 500;
const streamedEvents = 300;
const heldStreams = 1000;
const flakyCalls = 400;
const flakyAtOnce = 20;
const now = () => performance.timeOrigin + performance.now();

/** A server to ask: the model's own, or the gateway before it. */
interface Target {
  readonly url: string;
  readonly agent: Agent;
}

/** What the gateway costs over a direct call to the same server, and what it holds. */
export async function measureInference(root: string): Promise<Row[]> {
  const backend = spawn(process.execPath, [join(import.meta.dirname, 'baseline/model-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(backend.stdout, 'data')) as [Buffer];
    const url = `http://127.0.0.1:${Number(port)}`;
    const env = { HEADY_HF_URL: url, HF_MAX_CONCURRENCY: String(heldStreams) };
    await using server = await TestServer.start({ root, env: { ...productionEnvironment, ...env } });
    const direct = { url, agent: new Agent({ keepAlive: true }) };
    const gateway = { url: server.url, agent: new Agent({ keepAlive: true }) };
    const rows = [await overhead(direct, gateway), await streaming(direct, gateway), await flaky(gateway)];
    const held = await holding(server, gateway);
    for (const { agent } of [direct, gateway]) agent.destroy();
    return [...rows, held];
  } finally {
    backend.kill();
  }
}

async function overhead(direct: Target, gateway: Target): Promise<Row> {
  const [alone, through]: [number[], number[]] = [[], []];
  for (let call = -50; call < calls; call += 1) {
    const times = [await timed(direct), await timed(gateway)] as const;
    if (call >= 0) alone.push(times[0]);
    if (call >= 0) through.push(times[1]);
  }
  return {
    measure: 'Inference: the gateway over a direct call to the same server, p50',
    result: { value: median(through) - median(alone), unit: 'ms' },
    figures: [
      `direct ${formatNumber(median(alone))} ms`,
      `gateway ${formatNumber(median(through))} ms (p99 ${formatNumber(percentile(through, 99))})`,
      `${calls} calls each, by turns`,
    ],
    target: 'gatewayMilliseconds',
  };
}

async function timed(target: Target): Promise<number> {
  const startedAt = performance.now();
  const response = await ask(target, { model: 'whole' });
  await text(response);
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  return performance.now() - startedAt;
}

async function streaming(direct: Target, gateway: Target): Promise<Row> {
  const [alone, through] = [await delays(direct), await delays(gateway)];
  return {
    measure: 'Inference: the gateway adds to each piece of a stream, p50',
    result: { value: median(through) - median(alone), unit: 'ms' },
    figures: [
      `direct ${formatNumber(median(alone))} ms`,
      `gateway ${formatNumber(median(through))} ms (p99 ${formatNumber(percentile(through, 99))})`,
      `${streamedEvents} pieces each, 10 ms apart`,
    ],
    target: 'pieceMilliseconds',
  };
}

/** How long each piece is under way, by its own stamp. */
async function delays(target: Target): Promise<number[]> {
  const response = await ask(target, { model: 'stamped', stream: true, events: streamedEvents });
  const times: number[] = [];
  for await (const piece of response)
    for (const [, stamp] of String(piece).matchAll(/"content":"([\d.]+)"/g))
      times.push(now() - Number(stamp));
  if (times.length !== streamedEvents) throw new Error(`${times.length} of ${streamedEvents} pieces came`);
  return times;
}

async function flaky(gateway: Target): Promise<Row> {
  let failed = 0;
  for (let call = 0; call < flakyCalls; call += flakyAtOnce) {
    const some = Array.from({ length: flakyAtOnce }, async () => ask(gateway, { model: 'flaky' }));
    for (const response of await Promise.all(some)) {
      response.resume();
      if (response.statusCode !== 200) failed += 1;
    }
  }
  return {
    measure: 'Inference: calls that fail where the server is busy at half of them',
    result: { value: (failed / flakyCalls) * 100, unit: '%' },
    figures: [`${failed} of ${flakyCalls}, ${flakyAtOnce} at once`],
    target: 'flakyPercent',
  };
}

async function holding(server: TestServer, gateway: Target): Promise<Row> {
  const before = memoryOf(server.pid).rssBytes;
  const chat = { model: 'stamped', stream: true, events: 15, everyMs: 1000 };
  const responses = await Promise.all(Array.from({ length: heldStreams }, async () => ask(gateway, chat)));
  let pieces = 0;
  for (const response of responses) response.on('data', () => (pieces += 1));
  await delay(5000);
  const held = memoryOf(server.pid).rssBytes;
  for (const response of responses) response.destroy();
  return {
    measure: `Inference: ${heldStreams} streams at once, growth of the server, resident`,
    result: { value: (held - before) / 1024 ** 2, unit: 'MB' },
    figures: [`${formatNumber(before / 1024 ** 2)} MB before`, `${pieces} pieces came`],
    target: 'heldMegabytes',
  };
}

async function ask({ url, agent }: Target, chat: object): Promise<IncomingMessage> {
  const body = JSON.stringify({ ...chat, messages: [{ role: 'user', content: 'Say a word or two.' }] });
  const outgoing = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}
