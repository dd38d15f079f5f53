import { setTimeout as delay } from 'node:timers/promises';

import type { Child } from './child.ts';
import type { Verdict } from './invocation.ts';
import type { Lease, Pool, Usage } from './lease.ts';
import { Starting, type StartingOptions } from './starting.ts';

/** How long a process may live on after it has answered. */
const endGraceMs = 1000;

/** Children that serve one call each, started ahead of need. */
export class SingleUsePool implements Pool {
  readonly #starting: Starting;
  readonly #spares: number;

  /** `spares` children wait ready, beyond those that serve. */
  constructor({ spares, ...options }: StartingOptions & { readonly spares: number }) {
    this.#starting = new Starting(options);
    this.#spares = spares;
    this.#starting.replenish(spares);
  }

  get idlePids(): readonly number[] {
    return this.#starting.idlePids;
  }

  get baselinePid(): number | undefined {
    return this.idlePids[0];
  }

  async take(): Promise<Lease> {
    const child = await this.#starting.take();
    return { child, cpuBeforeMs: 0, finish: (verdict) => this.#finish(child, verdict) };
  }

  close(): void {
    this.#starting.close();
  }

  async #finish(child: Child, verdict: Verdict): Promise<Usage> {
    const usage = await endChild(child, verdict);
    this.#starting.replenish(this.#spares);
    return usage;
  }
}

/** Sees to it that the process is gone: at once when it was stopped, else after a moment for its own end. */
export async function endChild(child: Child, { kind }: Pick<Verdict, 'kind'>): Promise<Usage> {
  if (kind === 'stopped' || kind === 'canceled' || kind === 'evicted') child.kill();
  const ended = await Promise.race([child.ended, delay(endGraceMs, undefined, { ref: false })]);
  if (!ended) child.kill();
  child.connection.close();
  const end = await child.ended;
  return end.kind === 'exited' ? { cpuMs: end.exit.cpuMs, minorFaults: end.exit.minorFaults } : {};
}
