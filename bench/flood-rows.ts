import type { FloodResult } from './flood.ts';
import type { Answer } from './normal-client.ts';
import type { Growth } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { percentile } from './statistics.ts';

/** How a normal client fared, and the flood beside it. */
export interface Outcome {
  /** What got done a second before the flood, and was sent by the normal client. */
  readonly capacity: number;
  readonly normalPerSecond: number;
  readonly quiet: readonly Answer[];
  readonly during: readonly Answer[];
  readonly after: readonly Answer[];
  readonly endedAt: number;
  readonly flood: FloodResult;
  readonly growth: Growth;
}

const boundOfQuiet = 3;
/** For so many seconds all is well before it can be said to be over. */
const goodSeconds = 1;
const megabyte = 1024 ** 2;

export function floodRows(what: string, outcome: Outcome): Row[] {
  return [tailRow(what, outcome), growthRow(what, outcome), recoveryRow(what, outcome)];
}

function tailRow(what: string, { quiet, during, flood, capacity, normalPerSecond }: Outcome): Row {
  const [sent, times] = [flood.sentPerSecond, flood.sentPerSecond / capacity].map(formatNumber);
  return {
    measure: `${what}: p99 of a normal client's accepted requests ÷ quiet`,
    result: { value: p99(during) / p99(quiet), unit: '×' },
    figures: [
      `quiet ${formatNumber(p99(quiet))} ms, flooded ${formatNumber(p99(during))} ms`,
      `of the flood's accepted ${formatNumber(flood.acceptedP99Ms)} ms`,
      `normal client, ${normalPerSecond}/s: ${describe(countsOf(during))}`,
      `flood: ${describe(flood.counts)}, unanswered ${flood.unanswered}, held back ${flood.heldBack}`,
      `capacity ${formatNumber(capacity)}/s; sent ${sent}/s, ${times} times as much`,
    ],
    target: 'floodTail',
  };
}

function growthRow(what: string, { growth: { beforeBytes, grownBytes } }: Outcome): Row {
  return {
    measure: `${what}: growth of the server, resident`,
    result: { value: grownBytes / megabyte, unit: 'MB' },
    figures: [`${formatNumber(beforeBytes / megabyte)} MB before`],
    target: 'floodMegabytes',
  };
}

function recoveryRow(what: string, { quiet, after, endedAt, normalPerSecond }: Outcome): Row {
  const boundMs = p99(quiet) * boundOfQuiet;
  const isGood = ({ status, latencyMs }: Answer) => status === 200 && latencyMs <= boundMs;
  const runOfGood = Math.ceil(normalPerSecond * goodSeconds);
  const first = after.find((_, at) => {
    const run = after.slice(at, at + runOfGood);
    return run.length === runOfGood && run.every(isGood);
  });
  return {
    measure: `${what}: from its end to quiet`,
    result: { value: first ? (first.sentAt - endedAt) / 1000 : NaN, unit: 's' },
    figures: [`${runOfGood} requests in a row within ${formatNumber(boundMs)} ms`],
    target: 'recoverySeconds',
  };
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

function countsOf(answers: readonly Answer[]): Record<string, number> {
  const groups = Object.groupBy(answers, ({ status }) => String(status ?? 'failed'));
  return Object.fromEntries(Object.entries(groups).map(([status, some]) => [status, some?.length ?? 0]));
}

function describe(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ');
}
