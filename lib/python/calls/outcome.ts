import { formatBytes, formatDuration } from '#lib/config';
import { codeOfStatus, Problem } from '#lib/problems';
import type { InvocationRecord, Outcome } from '#lib/records';

import type { ChildEnd } from '../processes/child.ts';
import { describeStatus } from '../processes/process-messages.ts';
import type { ChildError } from '../wire/answer-messages.ts';
import type { Output } from './call.ts';
import type { Limits } from './limits.ts';
import type { Verdict } from './serving.ts';

interface Invoked {
  /** As `worker.function`. */
  readonly name: string;
  readonly limits: Limits;
  readonly peakMemoryBytes: number;
  /** Takes the secrets out of what the function says. */
  readonly mask: (said: string) => string;
}

type Refusal = Extract<ChildError, { code: 'http-error' }>;

/** What a call comes to: what it returns, or why that is nothing; `refusal` is the status of an `HTTPError`. */
export type Conclusion =
  | { readonly ok: true; readonly output: Output }
  | { readonly ok: false; readonly error: Problem | DOMException; readonly refusal?: number };

/** What the caller is told of a verdict. */
export function conclude(verdict: Verdict, invoked: Invoked): Conclusion {
  switch (verdict.kind) {
    case 'result':
      return { ok: true, output: verdict.output };
    case 'error':
      if (verdict.error.code === 'http-error') return refuse(verdict.error, invoked);
      return { ok: false, error: problemOfError(verdict.error, invoked) };
    case 'stopped':
      return { ok: false, error: limitProblem(verdict.by, verdict.used, invoked) };
    case 'crashed':
      return { ok: false, error: crashProblem(verdict.end, invoked) };
    case 'forged':
      return { ok: false, error: forgeryProblem(verdict.said, invoked) };
    case 'refused':
      return { ok: false, error: verdict.problem };
    case 'evicted':
      return { ok: false, error: evictionProblem(verdict, invoked) };
    case 'canceled':
      return { ok: false, error: new DOMException(`${invoked.name}: the caller went away`, 'AbortError') };
  }
}

/** The outcome of an invocation that failed and its reason, for its record. */
export function failureOf(error: unknown): Pick<InvocationRecord, 'outcome' | 'detail'> {
  const detail = (error as Error).message;
  if (!(error instanceof Problem)) return { outcome: 'canceled', detail };
  return { outcome: error.code.startsWith('worker-') ? (error.code as Outcome) : 'invalid-input', detail };
}

/** The outcome of an invocation that was served, for its record. */
export function endingOf(conclusion: Conclusion): Pick<InvocationRecord, 'outcome' | 'detail'> {
  if (conclusion.ok) return { outcome: 'ok' };
  const { error, refusal } = conclusion;
  return { ...failureOf(error), ...(refusal !== undefined && { outcome: `http-${refusal}` }) };
}

/** What the function itself answers with: its own words, so they are told in production as well. */
function refuse({ status, detail, headers }: Refusal, { mask }: Invoked): Conclusion {
  const masked = Object.entries(headers).map(([name, value]) => [name, mask(value)]);
  const problem = new Problem(codeOfStatus(status) ?? 'http-error', shown(detail, mask), {
    status,
    headers: Object.fromEntries(masked) as Record<string, string>,
  });
  return { ok: false, error: problem, refusal: status };
}

/** Characters of what a function says; it may say more, of which the end could be half of a secret. */
const maxDetail = 4000;
const maxTraceback = 64_000;

/** What a function says, without secrets, and then no longer than it may be. */
function shown(said: string, mask: Invoked['mask'], most = maxDetail): string {
  const text = mask(said);
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

function problemOfError(
  { code, detail, errors, traceback, source, used }: Exclude<ChildError, Refusal>,
  invoked: Invoked,
): Problem {
  if (code === 'worker-memory-exceeded') return limitProblem('memory', invoked.peakMemoryBytes, invoked);
  if (code === 'worker-disk-exceeded') return limitProblem('disk', invoked.limits.diskBytes, invoked);
  if (code === 'worker-output-too-large') return limitProblem('output', used ?? 0, invoked);
  const { name, mask } = invoked;
  return new Problem(
    code,
    code === 'worker-error' ? `${name}: ${shown(detail, mask)}` : shown(detail, mask),
    {
      ...(errors && { errors: errors.map((each) => ({ ...each, detail: mask(each.detail) })) }),
      ...(traceback && { traceback: shown(traceback, mask, maxTraceback) }),
      ...(source && { source }),
    },
  );
}

function limitProblem(
  by: Extract<Verdict, { kind: 'stopped' }>['by'],
  amount: number,
  { name, limits }: Invoked,
): Problem {
  const [code, limit, used] = {
    timeout: ['worker-timeout', formatDuration(limits.timeoutMs), formatDuration(amount)],
    cpu: ['worker-cpu-exceeded', formatDuration(limits.cpuMs), formatDuration(amount)],
    memory: ['worker-memory-exceeded', formatBytes(limits.memoryBytes), formatBytes(amount)],
    disk: ['worker-disk-exceeded', formatBytes(limits.diskBytes), formatBytes(amount)],
    processes: ['worker-processes-exceeded', String(limits.processes), String(amount)],
    output: ['worker-output-too-large', formatBytes(limits.outputBytes), formatBytes(amount)],
  }[by] as [Problem['code'], string, string];
  return new Problem(code, `${name} was ended at its ${by} limit of ${limit}.`, { limit, used });
}

function evictionProblem(
  { used, instance }: Extract<Verdict, { kind: 'evicted' }>,
  { name }: Invoked,
): Problem {
  const [left, total] = [formatBytes(Math.max(0, instance.leftBytes)), formatBytes(instance.totalBytes)];
  return new Problem(
    'worker-memory-exceeded',
    `${name} was ended because the instance ran short of memory: ${left} of ${total} were left, and it held the most of all invocations.`,
    { limit: total, used: formatBytes(used) },
  );
}

function crashProblem(end: ChildEnd, invoked: Invoked): Problem {
  const { name } = invoked;
  if (end.kind === 'lost')
    return new Problem('worker-crashed', `${name}: its process ended with its zygote (signal SIGKILL).`);
  const how = describeStatus(end.exit.status);
  if (how === 'signal SIGXCPU') return limitProblem('cpu', end.exit.cpuMs, invoked);
  return new Problem('worker-crashed', `${name}: its process ended with ${how} before it had answered.`);
}

function forgeryProblem(said: string, { name }: Invoked): Problem {
  return new Problem(
    'worker-crashed',
    `${name}: its process was ended because it sent ${said} on the connection that the runtime answers by.`,
  );
}
