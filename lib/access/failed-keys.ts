import { setTimeout as delay } from 'node:timers/promises';

import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

import { Problem } from '#lib/problems';

import { networkOf } from './network.ts';

const windowSeconds = 60;
/** So many may be a mistake: they are answered at once. */
const freeFailures = 5;
/** After so many there is no more waiting, which costs memory, but a plain refusal. */
const maxFailures = 30;
const firstDelayMs = 100;
const maxDelayMs = 2000;

/**
 * Slows down clients that try keys. A right key is never slowed down, whoever else is at the same address: nobody can
 * lock others out. What keeps a key from being guessed is its length.
 */
export class FailedKeys {
  readonly #onFailed: () => void;
  readonly #failures = new RateLimiterMemory({ points: maxFailures, duration: windowSeconds });

  /** @param onFailed - is told of each wrong key. */
  constructor(onFailed: () => void) {
    this.#onFailed = onFailed;
  }

  /**
   * Waits as long as the client's failures in the last minute call for.
   *
   * @throws {Problem} `rate-limited` when there are too many to be waited for.
   */
  async slowDown(client: string): Promise<void> {
    this.#onFailed();
    const { consumedPoints: failures } = await this.#failures
      .consume(networkOf(client))
      .catch((refused: RateLimiterRes) => {
        throw new Problem('rate-limited', 'Too many wrong keys came from this address.', {
          retryAfterSeconds: Math.ceil(refused.msBeforeNext / 1000),
        });
      });
    if (failures > freeFailures)
      await delay(Math.min(firstDelayMs * 2 ** (failures - freeFailures - 1), maxDelayMs));
  }
}
