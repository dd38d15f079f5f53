import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

import { type Requester, requesterId } from '#lib/access';
import type { Config } from '#lib/config';
import { Problem } from '#lib/problems';

import { Exhausted } from './exhausted.ts';

/** How many requests there may be in a window. */
export interface Quota {
  readonly max: number;
  readonly windowMs: number;
}

/** Counts what each client has used of a quota; rejects with what is known of one that has used it up. */
export interface Counter {
  consume(client: string, cost: number): Promise<RateLimiterRes>;
}

/** Where requests are counted: in memory, or in a database for several instances. */
export type CounterFactory = (quota: Quota, name: string) => Counter;

/** A quota, where it is counted, and how clients are told of it. */
interface Policy {
  readonly name: string;
  readonly quota: Quota;
  readonly counter: Counter;
  /** As the field `RateLimit-Policy` has it. */
  readonly told: string;
}

interface RateLimitOptions {
  readonly config: Config;
  readonly newCounter?: CounterFactory;
  /** Is told of each request that is refused. */
  readonly onRefused: () => void;
}

/** Names and values. */
type QuotaFields = readonly (readonly [name: string, value: string])[];

/**
 * Bounds the requests of each principal, and of each client address where there is none.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/
 */
export class RateLimit {
  readonly #default: Policy;
  /** Of the keys that have their own. */
  readonly #own: ReadonlyMap<string, Policy>;
  readonly #exhausted = new Exhausted();
  readonly #onRefused: () => void;

  constructor({ config, newCounter = inMemory, onRefused }: RateLimitOptions) {
    const {
      HEADY_RATE_LIMIT_MAX: max,
      HEADY_RATE_LIMIT_WINDOW: windowMs,
      HEADY_API_KEYS: keys = [],
    } = config;
    const policy = (name: string, quota: Quota): Policy => ({
      name,
      counter: newCounter(quota, name),
      quota,
      told: `"${name}";q=${quota.max};w=${Math.round(quota.windowMs / 1000)}`,
    });
    this.#default = policy('default', { max, windowMs });
    this.#own = new Map(
      keys.flatMap(({ name, rateLimit }) => (rateLimit ? [[`key:${name}`, policy(name, rateLimit)]] : [])),
    );
    this.#onRefused = onRefused;
  }

  /**
   * Counts a request.
   *
   * @param cost - how many it counts as.
   * @returns the fields of the answer that tell the client of its quota.
   * @throws {Problem} `rate-limited`
   */
  async consume(requester: Requester, cost: number): Promise<QuotaFields> {
    const id = requesterId(requester);
    const policy = this.#own.get(id) ?? this.#default;
    try {
      const { remainingPoints, msBeforeNext } = await policy.counter.consume(id, cost);
      return fieldsOf(policy, remainingPoints, msBeforeNext);
    } catch (error) {
      if (error instanceof Error) throw error; // of the database
      const { msBeforeNext } = error as RateLimiterRes;
      if (cost === 1) this.#exhausted.add(id, msBeforeNext);
      throw this.#refusal(policy, msBeforeNext);
    }
  }

  /**
   * Refuses a request of whoever has nothing left, at the cost of looking that up.
   *
   * @throws {Problem} `rate-limited`
   */
  refuseExhausted(requester: Requester): void {
    if (this.#exhausted.isEmpty) return;
    const id = requesterId(requester);
    const leftMs = this.#exhausted.leftMs(id);
    if (leftMs > 0) throw this.#refusal(this.#own.get(id) ?? this.#default, leftMs);
  }

  #refusal(policy: Policy, msBeforeNext: number): Problem {
    this.#onRefused();
    const { max, windowMs } = policy.quota;
    const seconds = Math.ceil(msBeforeNext / 1000);
    return new Problem('rate-limited', `More than ${max} requests in ${windowMs / 1000} s.`, {
      retryAfterSeconds: seconds,
      limit: String(max),
      headers: Object.fromEntries(fieldsOf(policy, 0, msBeforeNext)),
    });
  }
}

function fieldsOf({ name, told }: Policy, remaining: number, msBeforeNext: number): QuotaFields {
  return [
    ['ratelimit-policy', told],
    ['ratelimit', `"${name}";r=${remaining};t=${Math.ceil(msBeforeNext / 1000)}`],
  ];
}

function inMemory({ max, windowMs }: Quota): Counter {
  return new RateLimiterMemory({ points: max, duration: windowMs / 1000 });
}
