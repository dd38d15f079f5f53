import { Problem } from '#lib/problems';

import type { BackendName, Operation } from './operation.ts';
import { BackendFailure } from './transport/failure.ts';

/** Longer than this no caller is sent away. */
const maxRetryAfterSeconds = 60;

/** What the caller is told of a failure. */
export function problemOf(failure: BackendFailure): Problem {
  const { backend, message, status, kind, retryAfterMs } = failure;
  const told = `${nameOf(backend)}: ${message}`;
  const retry = retryAfterMs === undefined ? {} : { retryAfterSeconds: secondsOf(retryAfterMs) };
  if (failure.isOfConfiguration)
    return new Problem(
      'inference-unavailable',
      `${nameOf(backend)} refuses this service (${status}): ${message}`,
      {
        cause: failure,
      },
    );
  if (failure.isMissing) return new Problem('model-not-found', told, { cause: failure });
  if (status === 429)
    return new Problem('rate-limited', told, { retryAfterSeconds: 1, ...retry, cause: failure });
  if (kind === 'refused' && !failure.isOfBackend)
    return new Problem('invalid-input', told, { cause: failure });
  const isDown = kind === 'unreachable' || kind === 'late' || status === 503;
  return new Problem('inference-unavailable', told, {
    ...(isDown && { status: 503, retryAfterSeconds: 1 }),
    ...retry,
    cause: failure,
  });
}

/** That the time for the whole call is over. */
export function totalTimeout(backend: BackendName): BackendFailure {
  return new BackendFailure(backend, 'its answer was not whole in time', { kind: 'late' });
}

/** That no backend was asked: none has what is asked for, or those that have are not asked for so long. */
export function unserved(
  operation: Operation,
  { opensInMs, isConfigured }: { readonly opensInMs: number; readonly isConfigured: boolean },
): Problem {
  if (opensInMs < Infinity)
    return new Problem(
      'inference-unavailable',
      'The inference backend failed several times in a row and is left alone for a moment.',
      { status: 503, retryAfterSeconds: secondsOf(opensInMs) },
    );
  if (!isConfigured)
    return new Problem('inference-unavailable', 'No inference backend is configured.', { status: 503 });
  return new Problem('invalid-input', `No configured inference backend serves ${wordsOf(operation)}.`);
}

function wordsOf(operation: Operation): string {
  const model = operation.model === undefined ? '' : ` with the model '${operation.model}'`;
  if (operation.kind === 'embedding' && operation.dimensions !== undefined)
    return `embedding with \`dimensions\`${model}`;
  if (operation.kind === 'embedding' && operation.texts.some((each) => typeof each !== 'string'))
    return `embedding of tokens${model}`;
  if (operation.kind !== 'task') return `${operation.kind}${model}`;
  return operation.task === undefined ? `a task${model}` : `the task '${operation.task}'${model}`;
}

function nameOf(backend: BackendName): string {
  return { 'remote-gpu': 'The remote GPU', huggingface: 'Hugging Face', mock: 'The mock' }[backend];
}

function secondsOf(ms: number): number {
  return Math.min(maxRetryAfterSeconds, Math.max(1, Math.ceil(ms / 1000)));
}
