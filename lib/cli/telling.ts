import { formatBytes, formatDuration } from '#lib/config';
import { Problem, type ProblemCode } from '#lib/problems';
import type { InvocationRecord } from '#lib/records';

import { UsageError } from './usage-error.ts';

/** What the words of the command line are to blame for. */
const badUsage: ReadonlySet<ProblemCode> = new Set(['malformed-body', 'not-acceptable', 'worker-not-found']);

/** The exit status of a call that has failed. */
export function statusOf(error: unknown): number {
  return error instanceof UsageError || (error instanceof Problem && badUsage.has(error.code)) ? 2 : 1;
}

/** Why a call has failed, for the terminal. @throws what is no failure of the call. */
export function tell(error: unknown, inputSource: string): string {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Problem)) throw error;
  if (error.code === 'malformed-body') return `${inputSource}: ${error.message}`;
  const { errors = [], traceback } = error.options;
  const fields = errors.map(({ pointer, detail }) => `  ${pointer || 'the input'}: ${detail}`);
  return [`${error.code}: ${error.message}`, ...fields, ...(traceback ? [traceback.trimEnd()] : [])].join(
    '\n',
  );
}

/** What a call has used, in one line. */
export function usageLine(record: InvocationRecord): string {
  const { worker, function: name, outcome, runMs, queueMs, cpuMs, peakMemoryBytes } = record;
  const time = `${formatDuration(runMs)}, queued ${formatDuration(queueMs)}`;
  const memory = peakMemoryBytes === 0 ? 'not measured in so short a time' : formatBytes(peakMemoryBytes);
  return `${worker}.${name}: ${outcome} in ${time}, CPU ${formatDuration(cpuMs)}, peak memory ${memory}`;
}
