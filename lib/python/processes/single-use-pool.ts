import type { Verdict } from '../calls/serving.ts';
import type { Child } from './child.ts';
import type { Lease, Pool, Usage } from './lease.ts';
import { Starting, type StartingOptions } from './starting.ts';
import { within } from './within.ts';

/** How long a process may live on after it has answered. */
const endGraceMs = 250;

interface SingleUseOptions extends StartingOptions {
  /** Children that wait ready, beyond those that serve. */
  readonly spares: number;
}

/** Children that serve one call each, started ahead of need. */
export class SingleUsePool implements Pool {
  readonly #starting: Starting;
  readonly #spares: number;

  constructor({ spares, ...options }: SingleUseOptions) {
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

  async take(graceMs: number): Promise<Lease> {
    const child = await this.#starting.take();
    return { child, cpuBeforeMs: 0, finish: (verdict) => this.#finish(child, verdict, graceMs) };
  }

  close(): void {
    this.#starting.close();
  }

  async #finish(child: Child, verdict: Verdict, graceMs: number): Promise<Usage> {
    const usage = await endChild(child, verdict, graceMs);
    this.#starting.replenish(this.#spares);
    return usage;
  }
}

/**
 * Sees to it that the process is gone: at once when it has passed a limit or was canceled, after its grace period where
 * it has one, and after a moment for its own end when it has answered.
 */
export async function endChild(child: Child, verdict: Verdict, graceMs: number): Promise<Usage> {
  if (hasAnswered(verdict)) await within(endGraceMs, child.ended);
  else if (graceMs > 0 && mayCleanUp(verdict)) {
    child.terminate();
    await within(graceMs, child.ended);
  }
  child.kill(); // does nothing to one that has ended
  const end = await child.ended;
  child.connection.close();
  return end.kind === 'exited' ? { cpuMs: end.exit.cpuMs, minorFaults: end.exit.minorFaults } : {};
}

function hasAnswered({ kind }: Verdict): boolean {
  return kind === 'result' || kind === 'error' || kind === 'crashed';
}

/** A call that takes more memory, disk or processes than it may goes at once: it would go on taking. */
function mayCleanUp(verdict: Verdict): boolean {
  return verdict.kind === 'canceled' || (verdict.kind === 'stopped' && verdict.by === 'timeout');
}
