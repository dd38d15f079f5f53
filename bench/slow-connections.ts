import { setTimeout as delay } from 'node:timers/promises';

import { Child } from './child.ts';
import { requestHeaders, path, serviceCommand } from './front-door-subjects.ts';
import { type Answer, NormalClient } from './normal-client.ts';
import { descriptorLimitOf, type Growth, watchMemory } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { ServerProcess } from './server-process.ts';
import { percentile } from './statistics.ts';

export interface SlowOrder {
  readonly port: number;
  /** How many to open; with 0 it is only asked how they are. */
  readonly open: number;
}

export interface SlowState {
  readonly open: number;
  /** By the server, so far. */
  readonly closed: number;
}

const wanted = 10_000;
/** Of the server's own. */
const spareDescriptors = 500;
const perSecond = 50;
const [quietMs, besideMs] = [6000, 10_000];

/** A normal client beside thousands of connections that begin a request and do not end it. */
export async function measureSlowConnections(root: string): Promise<Row[]> {
  await using server = await ServerProcess.start({ ...serviceCommand(root), path });
  const limit = descriptorLimitOf(server.pid);
  const connections = Math.min(wanted, limit - spareDescriptors);
  const client = new NormalClient({ url: `${server.url}${path}`, headers: requestHeaders }, perSecond);
  await delay(quietMs);
  const quietUntil = performance.now();
  const memory = watchMemory(server.pid);
  using slow = new Child<SlowOrder, SlowState>('slow-clients.ts');
  await slow.run({ port: server.port, open: connections });
  const besideFrom = performance.now();
  await delay(besideMs);
  const state = await slow.run({ port: server.port, open: 0 });
  const growth = memory.stop();
  const answers = await client.stop();
  return slowRows({
    connections,
    state,
    limit,
    growth,
    quiet: answers.filter(({ sentAt }) => sentAt < quietUntil).slice(perSecond), // compiled by then
    beside: answers.filter(({ sentAt }) => sentAt >= besideFrom),
  });
}

interface Outcome {
  readonly connections: number;
  readonly state: SlowState;
  /** Of the server's descriptors. */
  readonly limit: number;
  readonly growth: Growth;
  readonly quiet: readonly Answer[];
  readonly beside: readonly Answer[];
}

function slowRows({ connections, state, limit, growth, quiet, beside }: Outcome): Row[] {
  const served = beside.filter(({ status }) => status === 200);
  const [before, now] = [latency(quiet), latency(served)];
  const what = `Beside ${connections} slow connections`;
  const eachKilobytes = growth.grownBytes / 1024 / connections;
  return [
    {
      measure: `${what}: p99 of a normal client ÷ quiet`,
      result: { value: served.length === beside.length ? now.p99 / before.p99 : NaN, unit: '×' },
      figures: [
        `quiet ${describe(before)}; beside ${describe(now)}`,
        `${served.length} of ${beside.length} served`,
        `${state.open} open at the end, ${state.closed} closed by the server`,
        `descriptors: limit ${limit}`,
      ],
      target: 'slowTail',
    },
    {
      measure: `${what}: growth of the server, resident`,
      result: { value: growth.grownBytes / 1024 ** 2, unit: 'MB' },
      figures: [
        `${formatNumber(growth.beforeBytes / 1024 ** 2)} MB before`,
        `${formatNumber(eachKilobytes)} KB each`,
      ],
      target: 'slowMegabytes',
    },
  ];
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

function latency(answers: readonly Answer[]): Latency {
  if (answers.length === 0) return { p50: NaN, p99: NaN };
  const times = answers.map(({ latencyMs }) => latencyMs);
  return { p50: percentile(times, 50), p99: percentile(times, 99) };
}

function describe({ p50, p99 }: Latency): string {
  return `${formatNumber(p50)} ms (p99 ${formatNumber(p99)})`;
}
