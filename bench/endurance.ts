/** `npm run bench:endurance`: whether memory and descriptors stay where they are over many thousand calls. */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { runCallers } from './callers.ts';
import { describeMachine } from './machine.ts';
import { childrenOf, memoryOf } from './processes.ts';
import { formatNumber, renderTable, type Row } from './report.ts';
import { makeBenchProject, ServiceSubject } from './service.ts';
import { isMet } from './targets.ts';

const calls = 10_000;
const warmUpCalls = 5000;
const settleMs = 5000;
/** A service of Render's smallest plan, whose heap has the ceiling that it has there. */
const starter = { RENDER: 'true', RENDER_CPU_COUNT: '0.5', HEADY_RATE_LIMIT_MAX: '1000000' };

using project = await makeBenchProject();
await using service = await ServiceSubject.start(project.root, undefined, starter);
await runCallers(service, { callers: 64, maxCalls: warmUpCalls, maxMs: 120_000 });
const rows: Row[] = [];
for (const callers of [1, 64]) {
  await delay(settleMs);
  const before = holdings(service.pid);
  await runCallers(service, { callers, maxCalls: calls, maxMs: 240_000 });
  await delay(settleMs);
  rows.push(...compare(`${calls} calls, ${callers} at a time`, before, holdings(service.pid)));
}
console.log(`${describeMachine()}\n\n${renderTable(rows)}`);
if (!rows.every(isMet)) process.exitCode = 1;

interface Holdings {
  readonly serverBytes: number;
  readonly zygoteBytes: number;
  readonly descriptors: number;
}

/** What the server and its zygotes hold. */
function holdings(server: number): Holdings {
  const [base] = childrenOf(server);
  if (base === undefined) throw new Error('the service has no base zygote');
  const zygotes = [base, ...childrenOf(base)];
  return {
    serverBytes: memoryOf(server).rssBytes,
    zygoteBytes: zygotes.reduce((sum, pid) => sum + memoryOf(pid).rssBytes, 0),
    descriptors: [server, ...zygotes].reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0),
  };
}

function compare(measure: string, before: Holdings, after: Holdings): Row[] {
  const growth = (field: 'serverBytes' | 'zygoteBytes'): Row => ({
    measure: `${measure}: growth of the ${field === 'serverBytes' ? 'server' : 'zygotes'}, resident`,
    result: { value: (100 * (after[field] - before[field])) / before[field], unit: '%' },
    figures: [before, after].map((held) => `${formatNumber(held[field] / 1024 ** 2)} MB`),
    target: 'growthPercent',
  });
  return [
    growth('serverBytes'),
    growth('zygoteBytes'),
    {
      measure: `${measure}: growth of open descriptors`,
      result: { value: after.descriptors - before.descriptors, unit: '' },
      figures: [`${before.descriptors}`, `${after.descriptors}`],
      target: 'descriptorGrowth',
    },
  ];
}
