import { defineCommand } from 'citty';

import { formatBytes, formatDuration } from '#lib/config';
import { type ListedFunction, type ListedWorker, summaryOf } from '#lib/python';

import { withService } from './service.ts';
import { signature } from './signature.ts';
import { strict } from './strict.ts';
import type { Surroundings } from './surroundings.ts';

export const workers = defineCommand({
  meta: {
    name: 'workers',
    description: 'Lists the workers and endpoints in Python, their functions and limits',
  },
  args: { json: { type: 'boolean', description: 'As GET /api/workers has it' } },
  plugins: [strict],
  run: async ({ args, data }): Promise<number> => {
    const listing = await withService(data as Surroundings, (service) => service.listing());
    const { workers: own, routes } = listing;
    const text = [
      ...own.map((worker) => describeFile(worker.name, worker)),
      ...routes.map((route) => describeFile(`${route.method ?? 'any method'} ${route.path}`, route)),
    ].join('\n\n');
    console.log(args.json ? JSON.stringify(listing, null, 2) : text || 'There is no file in workers/.');
    return 0;
  },
});

function describeFile(name: string, worker: ListedWorker): string {
  const head = `${name}  ${worker.file}`;
  if ('error' in worker) return `${head}\n  does not load: ${worker.error}`;
  return [head, ...worker.functions.map(describeFunction)].join('\n');
}

function describeFunction(listed: ListedFunction): string {
  if (listed.error !== null) return `  ${listed.name}\n      cannot be called: ${listed.error}`;
  const summary = summaryOf(listed);
  return [
    `  ${signature(listed)}`,
    ...(summary ? [`      ${summary}`] : []),
    `      ${limitsLine(listed)}`,
  ].join('\n');
}

function limitsLine({ limits, isolation }: ListedFunction): string {
  return [
    `timeout ${formatDuration(limits.timeoutMs)}`,
    `CPU ${formatDuration(limits.cpuMs)}`,
    `memory ${formatBytes(limits.memoryBytes)}`,
    `output ${formatBytes(limits.outputBytes)}`,
    `disk ${formatBytes(limits.diskBytes)}`,
    `${limits.processes} processes`,
    ...(isolation === 'request' ? [] : [`isolation ${isolation}`]),
  ].join(', ');
}
