import { setTimeout as delay } from 'node:timers/promises';

import { apiKey } from '../tests/server.ts';
import { Child } from './child.ts';
import { startLoadGenerator } from './load.ts';
import { type Answer, NormalClient, type Order } from './normal-client.ts';
import { watchMemory } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { ServerProcess } from './server-process.ts';
import { productionEnvironment } from './service.ts';
import { percentile } from './statistics.ts';
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
const boundOfQuiet = 3;
/** As many in a row as quiet allows are what it takes to say that it is over. */
const runOfGood = 20;
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
  const perSecond = await capacityOf(root, flooded);
  await using server = await startServer(root, flooded.rateLimit);
  const normalPerSecond = Math.ceil(Math.min(most.perSecond, perSecond * most.share));
  const client = new NormalClient(orderOf(server, flooded, previousKey), normalPerSecond);
  await delay(quietMs);
  const floodedAt = performance.now();
  const memory = watchMemory(server.pid);
  const result = await flood(orderOf(server, flooded, apiKey), perSecond * timesCapacity);
  const growthBytes = memory.stop();
  const endedAt = performance.now();
  await delay(afterMs);
  const answers = await client.stop();
  const quiet = answers.filter(({ sentAt }) => sentAt < floodedAt).slice(normalPerSecond); // compiled by then
  const during = answers.filter(({ sentAt }) => sentAt >= floodedAt && sentAt < endedAt);
  const after = answers.filter(({ sentAt }) => sentAt >= endedAt);
  const quietP99 = p99(quiet);
  const what = `Flood of ${flooded.name}, ${timesCapacity} times what it does`;
  return [
    {
      measure: `${what}: p99 of a normal client's accepted requests ÷ quiet`,
      result: { value: p99(during) / quietP99, unit: '×' },
      figures: [
        `quiet ${formatNumber(quietP99)} ms; flooded ${formatNumber(p99(during))} ms`,
        `of the flood's accepted ${formatNumber(result.acceptedP99Ms)} ms`,
        `normal client, ${normalPerSecond}/s: ${describe(countsOf(during))}`,
        `flood: ${describe(result.counts)}, unanswered ${result.unanswered}, held back ${result.heldBack}`,
        `capacity ${formatNumber(perSecond)}/s; sent ${formatNumber(result.sentPerSecond)}/s`,
      ],
      target: 'floodTail',
    },
    {
      measure: `${what}: growth of the server, resident`,
      result: { value: growthBytes / 1024 ** 2, unit: 'MB' },
      figures: [],
      target: 'floodMegabytes',
    },
    {
      measure: `${what}: from its end to quiet`,
      result: { value: recoverySeconds(after, { endedAt, boundMs: quietP99 * boundOfQuiet }), unit: 's' },
      figures: [`${runOfGood} requests in a row within ${formatNumber(quietP99 * boundOfQuiet)} ms`],
      target: 'recoverySeconds',
    },
  ];
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

async function flood(order: Order, perSecond: number): Promise<FloodResult> {
  using generator = new Child<Flood, FloodResult>('flood-generator.ts');
  return await generator.run({ order, perSecond, maxOpen, ms: floodMs, localAddress: '127.0.0.2' });
}

async function startServer(root: string, rateLimit = 1_000_000): Promise<ServerProcess> {
  return ServerProcess.start({
    command: ['node', 'heady-manager.js'],
    cwd: root,
    env: {
      ...productionEnvironment,
      HOST: '127.0.0.1',
      HEADY_API_KEY_PREVIOUS: previousKey,
      HEADY_RATE_LIMIT_MAX: String(rateLimit),
    },
    path: '/api/health',
  });
}

function orderOf({ url }: ServerProcess, { path, body }: Flooded, key: string): Order {
  const authorization = `Bearer ${key}`;
  if (body === undefined) return { url: `${url}${path}`, headers: { authorization } };
  return { url: `${url}${path}`, headers: { authorization, ...json }, body };
}

/** Of those accepted; not a number where none was. */
function p99(answers: readonly Answer[]): number {
  const accepted = answers.filter(({ status }) => status === 200);
  return accepted.length === 0
    ? NaN
    : percentile(
        accepted.map(({ latencyMs }) => latencyMs),
        99,
      );
}

interface Bound {
  readonly endedAt: number;
  readonly boundMs: number;
}

/** Until the first request of a run that is served as if nothing had been. */
function recoverySeconds(after: readonly Answer[], { endedAt, boundMs }: Bound): number {
  const isGood = ({ status, latencyMs }: Answer) => status === 200 && latencyMs <= boundMs;
  const first = after.findIndex((_, at) => {
    const run = after.slice(at, at + runOfGood);
    return run.length === runOfGood && run.every(isGood);
  });
  const answer = after[first];
  return answer ? (answer.sentAt - endedAt) / 1000 : NaN;
}

function countsOf(answers: readonly Answer[]): Record<string, number> {
  const groups = Object.groupBy(answers, ({ status }) => String(status ?? 'failed'));
  return Object.fromEntries(Object.entries(groups).map(([status, some]) => [status, some?.length ?? 0]));
}

function describe(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ');
}
