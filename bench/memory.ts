import { type LogLine, waitFor } from '../tests/server.ts';
import type { Shape } from './physical-limit.ts';
import { childrenOf, memoryOf, peakRssBytes } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import type { ServiceSubject } from './service.ts';
import { median } from './statistics.ts';

/** The processes of a service that has no call to serve. */
interface Processes {
  readonly server: number;
  readonly base: number;
  readonly zygote: number;
  /** Children of the trivial worker's zygote that wait for a call. */
  readonly idle: readonly number[];
}

/** Server and base zygote, once as long as nothing has been called and once after the load. */
export async function measureRest(service: ServiceSubject, when: 'at rest' | 'after the load'): Promise<Row> {
  const { server, base } = await processesOf(service);
  const [serverMemory, baseMemory] = [memoryOf(server), memoryOf(base)];
  return {
    measure: `Server and base zygote ${when}, resident`,
    result: { value: megabytes(serverMemory.rssBytes + baseMemory.rssBytes), unit: 'MB' },
    figures: [
      `server ${inMegabytes(serverMemory.rssBytes)}`,
      `base zygote ${inMegabytes(baseMemory.rssBytes)}`,
      `proportional ${inMegabytes(serverMemory.pssBytes + baseMemory.pssBytes)} together`,
    ],
    ...(when === 'at rest' && { target: 'restMegabytes' as const }),
  };
}

/** What a child costs, from the invocations' log lines and from the children that wait. */
export async function measureChildren(service: ServiceSubject): Promise<Row[]> {
  const invocations = isolatedCalls(service);
  const { idle } = await processesOf(service);
  const medianOf = (field: string) => median(invocations.map((line) => Number(line[field])));
  const counted = `median of ${invocations.length} children`;
  return [
    {
      measure: 'Minor faults of a child',
      result: { value: medianOf('minorFaults'), unit: '' },
      figures: [counted],
      target: 'minorFaults',
    },
    { measure: 'CPU time of a child', result: { value: medianOf('cpuMs'), unit: 'ms' }, figures: [counted] },
    {
      measure: 'Private memory of an idle child',
      result: { value: megabytes(median(idle.map((pid) => memoryOf(pid).privateBytes))), unit: 'MB' },
      figures: [
        `proportional ${inMegabytes(median(idle.map((pid) => memoryOf(pid).pssBytes)))}`,
        `peak resident ${inMegabytes(median(idle.map(peakRssBytes)))}`,
        `median of ${idle.length} children`,
      ],
    },
  ];
}

/** The resident memory of the trivial worker's zygote, and what its children write to. */
export async function shapeOf(service: ServiceSubject): Promise<Shape> {
  const faults = isolatedCalls(service).map(({ minorFaults }) => Number(minorFaults));
  const { zygote } = await processesOf(service);
  return {
    megabytes: Math.round(megabytes(memoryOf(zygote).rssBytes)),
    pages: Math.round(median(faults)),
  };
}

/** The log lines of the calls that had a process each. */
function isolatedCalls({ invocations }: ServiceSubject): LogLine[] {
  return invocations.filter(({ function: name }) => name === 'echo');
}

/** The process tree: server, base zygote, worker zygote, children. Waited for, as workers load after the start. */
async function processesOf({ pid: server }: ServiceSubject): Promise<Processes> {
  return waitFor(() => {
    const [base] = childrenOf(server);
    const zygotes = base === undefined ? [] : childrenOf(base);
    const [zygote] = zygotes.toSorted((a, b) => memoryOf(b).rssBytes - memoryOf(a).rssBytes); // the one with the imports
    const idle = zygote === undefined ? [] : childrenOf(zygote);
    return base !== undefined && zygote !== undefined && idle.length > 0
      ? { server, base, zygote, idle }
      : undefined;
  });
}

function megabytes(bytes: number): number {
  return bytes / 1024 ** 2;
}

function inMegabytes(bytes: number): string {
  return `${formatNumber(megabytes(bytes))} MB`;
}
