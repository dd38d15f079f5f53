import { setTimeout as delay } from 'node:timers/promises';

import type { Child } from './child.ts';
import {
  expectedBody,
  makeNitroProject,
  missingIn,
  path,
  requestHeaders,
  type Shown,
  startSubject,
  type SubjectName,
  subjectNames,
} from './front-door-subjects.ts';
import { type Load, type LoadResult, startLoadGenerator } from './load.ts';
import { cpuSecondsOf } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';
import type { TargetName } from './targets.ts';

const rounds = 10;
const secondsOfRound = 1;
const connections = 64;
const restMs = 200;

/** One round of one subject. */
interface Round {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Of the server, for one request. */
  readonly cpuMicroseconds: number;
  /** Of the generator. */
  readonly generatorMicroseconds: number;
}

type Measured = Readonly<Record<SubjectName, readonly Round[]>>;

/** The requests per second that pass the front door, beside those of others for the same, by turns. */
export async function measureFrontDoor(root: string): Promise<Row[]> {
  using nitro = await makeNitroProject();
  await using stack = new AsyncDisposableStack();
  const names = Object.keys(subjectNames) as SubjectName[];
  const servers = new Map<SubjectName, ServerProcess>();
  for (const name of names)
    servers.set(name, stack.use(await startSubject(name, { service: root, nitro: nitro.root })));
  const missing = new Map<SubjectName, readonly Shown[]>();
  for (const [name, server] of servers) missing.set(name, await checkAnswer(name, server));
  const measured = await takeTurns(servers);
  return [
    ratio(measured, 'fastify', 'fastifyRatio'),
    ratio(measured, 'express', 'expressRatio'),
    ratio(measured, 'nitro', 'bareNitroRatio'),
    ratio(measured, 'bareFastify'),
    ratio(measured, 'nodeHttp'),
    incomplete(missing.get('service') ?? []),
    headroom(measured),
  ];
}

/** @throws the answer is not the route's: a refusal is made faster. */
async function checkAnswer(name: SubjectName, { url }: ServerProcess): Promise<readonly Shown[]> {
  const response = await fetch(`${url}${path}`, { headers: requestHeaders });
  const body = await response.text();
  if (response.status !== 200 || body !== expectedBody)
    throw new Error(`${subjectNames[name]}: status ${response.status}: ${body}`);
  const missing = missingIn(response.headers);
  if ((name === 'fastify' || name === 'express') && missing.length > 0)
    throw new Error(`${subjectNames[name]}: the answer shows no ${missing.join(', ')}`);
  return missing;
}

async function takeTurns(servers: ReadonlyMap<SubjectName, ServerProcess>): Promise<Measured> {
  using generator = startLoadGenerator();
  const measured: Record<SubjectName, Round[]> = {
    service: [],
    fastify: [],
    express: [],
    nitro: [],
    bareFastify: [],
    nodeHttp: [],
  };
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? [...servers] : [...servers].toReversed();
    for (const [name, server] of order) {
      const result = await measureRound(generator, server);
      if (round > 0) measured[name].push(result); // the first one compiles the code
    }
  }
  return measured;
}

async function measureRound(generator: Child<Load, LoadResult>, { pid, url }: ServerProcess): Promise<Round> {
  await delay(restMs); // what the one before has left undone
  const before = cpuSecondsOf(pid);
  const load = { url: `${url}${path}`, headers: requestHeaders, connections, seconds: secondsOfRound };
  const result = await generator.run(load);
  checkLoad(url, result);
  const each = (seconds: number) => (seconds * 1e6) / result.answered;
  return {
    perSecond: result.answered / result.seconds,
    p99Ms: result.p99Ms,
    cpuMicroseconds: each(cpuSecondsOf(pid) - before),
    generatorMicroseconds: each(result.cpuSeconds),
  };
}

function checkLoad(url: string, { answered, refused, failed }: LoadResult): void {
  if (answered === 0 || refused > 0 || failed > 0)
    throw new Error(`${url}: ${answered} answered, ${refused} refused, ${failed} failed`);
}

function ratio(measured: Measured, name: SubjectName, target?: TargetName): Row {
  const pairs = measured.service.map((ours, at) => [ours, measured[name][at] ?? ours] as const);
  const rate = median(pairs.map(([ours, theirs]) => ours.perSecond / theirs.perSecond));
  const cpu = median(pairs.map(([ours, theirs]) => theirs.cpuMicroseconds / ours.cpuMicroseconds));
  return {
    measure: `A JSON route through the front door: service ÷ ${subjectNames[name]}`,
    result: { value: rate, unit: '×' },
    figures: [
      describe('service', measured.service),
      describe(subjectNames[name], measured[name]),
      `by CPU a request ${formatNumber(cpu)} ×`,
    ],
    ...(target && { target }),
  };
}

function describe(name: string, results: readonly Round[]): string {
  const cpu = median(results.map(({ cpuMicroseconds }) => cpuMicroseconds));
  const p99 = median(results.map(({ p99Ms }) => p99Ms));
  return `${name} ${formatNumber(perSecond(results))}/s (CPU ${formatNumber(cpu)} µs a request, p99 ${formatNumber(p99)} ms)`;
}

function perSecond(results: readonly Round[]): number {
  return median(results.map((result) => result.perSecond));
}

/** A comparison is worth nothing as long as ours does less than the others. */
function incomplete(missing: readonly Shown[]): Row {
  return {
    measure: 'What the answer of the service does not show of its front door',
    result: { value: missing.length, unit: '' },
    figures: missing,
    target: 'frontDoorMissing',
  };
}

const compared = ['service', 'fastify', 'express', 'nitro'] as const satisfies SubjectName[];

/** Each has one thread: as long as the server takes more time for a request, it is what sets the pace. */
function headroom(measured: Measured): Row {
  const shares = compared.map((name) => ({ name, share: shareOf(measured[name]) }));
  const { nodeHttp } = measured;
  return {
    measure: 'CPU of a server ÷ that of the load generator, for one request: the least',
    result: { value: Math.min(...shares.map(({ share }) => share)), unit: '×' },
    figures: [
      ...shares.map(({ name, share }) => `${subjectNames[name]} ${formatNumber(share)}`),
      `node:http alone ${formatNumber(shareOf(nodeHttp))}, at ${formatNumber(perSecond(nodeHttp))}/s`,
    ],
    target: 'generatorHeadroom',
  };
}

function shareOf(results: readonly Round[]): number {
  return median(
    results.map(({ cpuMicroseconds, generatorMicroseconds }) => cpuMicroseconds / generatorMicroseconds),
  );
}
