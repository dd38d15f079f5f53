import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { z } from 'zod';

import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';

interface BudgetOptions {
  /** Tokens that may be used in a day (UTC); unlimited where undefined. */
  readonly limit: number | undefined;
  /** Where it is kept over a restart; undefined where it is not. */
  readonly file: string | undefined;
  readonly log: Log;
  readonly now?: () => number;
}

const kept = z.object({ day: z.iso.date(), tokens: z.number().min(0) });
type Spent = z.output<typeof kept>;

const saveEveryMs = 1000;
const dayMs = 24 * 3600 * 1000;

/** Tokens that inference has used today, and how many it may. Calls that run when it is spent end as they would. */
export class DailyBudget implements Disposable {
  readonly #options: BudgetOptions;
  #spent: Spent;
  #saving: NodeJS.Timeout | undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#spent = this.#read() ?? { day: this.#today(), tokens: 0 };
  }

  /** Tokens that have been used today. */
  get tokens(): number {
    return this.#spent.day === this.#today() ? this.#spent.tokens : 0;
  }

  /** @throws {Problem} `rate-limited` when it is spent; says when there will be more. */
  check(): void {
    const { limit } = this.#options;
    if (limit === undefined || this.tokens < limit) return;
    const now = this.#now();
    const resetAt = (Math.floor(now / dayMs) + 1) * dayMs;
    throw new Problem(
      'rate-limited',
      `The ${limit} tokens that inference may use in a day are spent; there are more at ${new Date(resetAt).toISOString()}.`,
      {
        limit: `${limit} tokens`,
        used: `${this.tokens} tokens`,
        retryAfterSeconds: Math.ceil((resetAt - now) / 1000),
      },
    );
  }

  spend(tokens: number): void {
    if (tokens === 0) return;
    this.#spent = { day: this.#today(), tokens: this.tokens + tokens };
    if (this.#options.limit !== undefined && this.#options.file !== undefined)
      this.#saving ??= setTimeout(() => this.#save(), saveEveryMs);
  }

  [Symbol.dispose](): void {
    if (this.#saving) this.#save();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #today(): string {
    return new Date(this.#now()).toISOString().slice(0, 10);
  }

  #read(): Spent | undefined {
    const { file, limit, log } = this.#options;
    if (file === undefined || limit === undefined) return undefined;
    try {
      return kept.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({
          message: `${file} cannot be read, so today's inference tokens count from 0: ${String(error)}`,
        });
      return undefined;
    }
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const { file = '', log } = this.#options;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(this.#spent));
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.warn({
        message: `${file} cannot be written, so a restart forgets today's inference tokens: ${String(error)}`,
      });
    }
  }
}
