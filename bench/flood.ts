import { setTimeout as delay } from 'node:timers/promises';

import { apiKey } from '../tests/server.ts';
import { Child } from './child.ts';
import { floodRows } from './flood-rows.ts';
import { serviceCommand } from './front-door-subjects.ts';
import { startLoadGenerator } from './load.ts';
import { NormalClient, type Order } from './normal-client.ts';
import { watchMemory } from './processes.ts';
import type { Row } from './report.ts';
import { ServerProcess } from './server-process.ts';
import { input } from './subject.ts';

/** Requests at a rate, whether those before are answered or not. */
export interface Flood {
  readonly order: Order;
  readonly perSecond: number;
  /** What would come while as many are open is held back, as if the kernel of who floods had no more ports. */
  readonly maxOpen: number;
  readonly ms: number;
  /** Where it comes from. */
  readonly localAddress: string;
}

export interface FloodResult {
  readonly sentPerSecond: number;
  /** Due, but not sent: as many as may be were open, or this machine gave the generator no time. */
  readonly heldBack: number;
  /** Open at the end, and broken off then. */
  readonly unanswered: number;
  /** By status; `failed` where there was none. */
  readonly counts: Readonly<Record<string, number>>;
  readonly acceptedP99Ms: number;
}

interface Flooded {
  readonly name: string;
  readonly path: string;
  readonly body?: string;
  /** Requests in a minute for one key; so many that nobody comes near it where it is not given. */
  readonly rateLimit?: number;
}

const timesCapacity = 10;
/** Enough to keep both cores busy, and not so many that one waits long. */
const capacityConnections = 4;
const capacitySeconds = 3;
const maxOpen = 1000;
/** Of the normal client, and of what gets done. */
const most = { perSecond: 40, share: 0.1 };
const [quietMs, floodMs, afterMs] = [8000, 8000, 5000];
const previousKey = 'the-key-before-this-one-of-thirty-two-chars-or-more';

const json = { 'content-type': 'application/json' };
const floods: readonly Flooded[] = [
  { name: 'a TypeScript route', path: '/api/worked' },
  { name: 'a TypeScript route by one key', path: '/api/worked', rateLimit: 6000 },
  { name: 'a Python function', path: '/api/workers/trivial/echo', body: input },
];

/** Ten times as many requests as get done, beside a client that goes on as before. */
export async function measureFloods(root: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const flooded of floods) rows.push(...(await measureFlood(root, flooded)));
  return rows;
}

async function measureFlood(root: string, flooded: Flooded): Promise<Row[]> {
  const capacity = await capacityOf(root, flooded);
  await using server = await startServer(root, flooded.rateLimit);
  const normalPerSecond = Math.ceil(Math.min(most.perSecond, capacity * most.share));
  const client = new NormalClient(orderOf(server, flooded, previousKey), normalPerSecond);
  await delay(quietMs);
  const beganAt = performance.now();
  const memory = watchMemory(server.pid);
  const flood = await send(orderOf(server, flooded, apiKey), capacity * timesCapacity);
  const growth = memory.stop();
  const endedAt = performance.now();
  await delay(afterMs);
  const answers = await client.stop();
  return floodRows(`Flood of ${flooded.name}, ${timesCapacity} times what it does`, {
    capacity,
    normalPerSecond,
    quiet: answers.filter(({ sentAt }) => sentAt < beganAt).slice(normalPerSecond), // compiled by then
    during: answers.filter(({ sentAt }) => sentAt >= beganAt && sentAt < endedAt),
    after: answers.filter(({ sentAt }) => sentAt >= endedAt),
    endedAt,
    flood,
    growth,
  });
}

/** What gets done a second where nobody is in the way. On a server of its own, so that it counts against no limit. */
async function capacityOf(root: string, flooded: Flooded): Promise<number> {
  await using server = await startServer(root);
  using generator = startLoadGenerator();
  const load = { ...orderOf(server, flooded, apiKey), connections: capacityConnections };
  await generator.run({ ...load, seconds: 1 });
  const { answered, seconds } = await generator.run({ ...load, seconds: capacitySeconds });
  if (answered === 0) throw new Error(`${flooded.path} answers nothing`);
  return answered / seconds;
}

async function send(order: Order, perSecond: number): Promise<FloodResult> {
  using generator = new Child<Flood, FloodResult>('flood-generator.ts');
  return await generator.run({ order, perSecond, maxOpen, ms: floodMs, localAddress: '127.0.0.2' });
}

async function startServer(root: string, rateLimit?: number): Promise<ServerProcess> {
  const { env, ...service } = serviceCommand(root);
  const limit = { HEADY_RATE_LIMIT_MAX: String(rateLimit), HEADY_RATE_LIMIT_WINDOW: '60s' };
  return ServerProcess.start({
    ...service,
    env: { ...env, HEADY_API_KEY_PREVIOUS: previousKey, ...(rateLimit !== undefined && limit) },
    path: '/api/health',
  });
}

function orderOf({ url }: ServerProcess, { path, body }: Flooded, key: string): Order {
  const authorization = `Bearer ${key}`;
  if (body === undefined) return { url: `${url}${path}`, headers: { authorization } };
  return { url: `${url}${path}`, headers: { authorization, ...json }, body };
}
