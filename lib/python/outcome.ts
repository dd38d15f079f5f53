import { formatBytes, formatDuration } from '#lib/config';
import { Problem } from '#lib/problems';
import type { Outcome } from '#lib/records';

import type { ChildEnd } from './child.ts';
import type { Verdict } from './invocation.ts';
import type { Limits } from './limits.ts';
import { type ChildError, describeStatus } from './messages.ts';

interface Failed {
  readonly name: string;
  readonly limits: Limits;
  readonly peakMemoryBytes: number;
}

/** What the caller is told of a verdict that is no result. `name` is the function's, as `worker.function`. */
export function problemOf(
  verdict: Exclude<Verdict, { kind: 'result' }>,
  failed: Failed,
): Problem | DOMException {
  switch (verdict.kind) {
    case 'error':
      return problemOfError(verdict.error, failed);
    case 'stopped':
      return limitProblem(verdict.by, verdict.used, failed);
    case 'crashed':
      return crashProblem(verdict.end, failed);
    case 'canceled':
      return new DOMException(`${failed.name}: the caller went away`, 'AbortError');
  }
}

/** The outcome of a failed invocation, for its record. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Problem)) return 'canceled';
  return error.code.startsWith('worker-') ? (error.code as Outcome) : 'invalid-input';
}

function problemOfError({ code, detail, errors, traceback, used }: ChildError, failed: Failed): Problem {
  if (code === 'worker-memory-exceeded') return limitProblem('memory', failed.peakMemoryBytes, failed);
  if (code === 'worker-output-too-large') return limitProblem('output', used ?? 0, failed);
  return new Problem(code, code === 'worker-error' ? `${failed.name}: ${detail}` : detail, {
    ...(errors && { errors }),
    ...(traceback && { traceback }),
  });
}

function limitProblem(
  by: 'timeout' | 'memory' | 'cpu' | 'output',
  amount: number,
  { name, limits }: Failed,
): Problem {
  const [code, limit, used] = {
    timeout: ['worker-timeout', formatDuration(limits.timeoutMs), formatDuration(amount)],
    cpu: ['worker-cpu-exceeded', formatDuration(limits.cpuMs), formatDuration(amount)],
    memory: ['worker-memory-exceeded', formatBytes(limits.memoryBytes), formatBytes(amount)],
    output: ['worker-output-too-large', formatBytes(limits.outputBytes), formatBytes(amount)],
  }[by] as [Problem['code'], string, string];
  return new Problem(code, `${name} was ended at its ${by} limit of ${limit}.`, { limit, used });
}

function crashProblem(end: ChildEnd, { name, limits }: Failed): Problem {
  if (end.kind === 'lost')
    return new Problem('worker-crashed', `${name}: its process ended with its zygote (signal SIGKILL).`);
  const how = describeStatus(end.exit.status);
  if (how === 'signal SIGXCPU')
    return limitProblem('cpu', end.exit.cpuMs, { name, limits, peakMemoryBytes: 0 });
  return new Problem('worker-crashed', `${name}: its process ended with ${how} before it had answered.`);
}
