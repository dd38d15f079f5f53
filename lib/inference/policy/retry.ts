import { setTimeout as delay } from 'node:timers/promises';

import { BackendFailure } from '../transport/failure.ts';

interface RetryOptions {
  readonly signal: AbortSignal;
  /** When there is no more use in an answer, by `performance.now()`. */
  readonly deadline: number;
  /** The longest wait between two attempts. */
  readonly patienceMs: number;
  readonly onRetry: () => void;
}

/** Of a backend that half of the time is too busy, one call in a thousand fails then. */
const maxAttempts = 10;
/** Where nobody is, one more attempt finds the backend again that has closed an idle connection. */
const maxUnreachable = 2;
const firstWaitMs = 100;
/** Longest wait of our own. */
const maxOwnWaitMs = 5000;

/**
 * Makes an attempt, and further ones while it fails in a way that is safe to try again: no more than so many, and none
 * that could not begin before the deadline. Waits as long as the backend asks for, else twice as long each time, with
 * full jitter.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws {BackendFailure} the last one.
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof BackendFailure) || !mayTryAgain(error, number)) throw error;
      const waitMs = waitOf(error, number);
      if (waitMs > options.patienceMs || performance.now() + waitMs >= options.deadline) throw error;
      options.onRetry();
      await delay(waitMs, undefined, { signal: options.signal });
    }
  }
}

function mayTryAgain({ isTransient, kind }: BackendFailure, attempts: number): boolean {
  return isTransient && attempts < (kind === 'unreachable' ? maxUnreachable : maxAttempts);
}

function waitOf({ retryAfterMs }: BackendFailure, number: number): number {
  const spreadMs = Math.random() * Math.min(maxOwnWaitMs, firstWaitMs * 2 ** (number - 1));
  return retryAfterMs === undefined ? spreadMs : retryAfterMs + Math.random() * firstWaitMs;
}
