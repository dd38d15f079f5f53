import { setTimeout as delay } from 'node:timers/promises';

import type { WorkerListing } from '#lib/service';

/** Workers change when their files do; a listing measures the memory of those that are loaded. */
const freshMs = 5000;
/** Of a listing that loads a worker, which may take long, nobody waits for the end. */
const patienceMs = 500;

/** The listing of all workers, as it was known last. */
export class KeptListing {
  readonly #list: () => Promise<WorkerListing>;
  #known: WorkerListing | undefined;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(list: () => Promise<WorkerListing>) {
    this.#list = list;
  }

  /** Undefined until it is first known. */
  async current(): Promise<WorkerListing | undefined> {
    if (performance.now() - this.#askedAt > freshMs) this.#asking ??= this.#ask();
    if (this.#asking) await Promise.race([this.#asking, delay(patienceMs, undefined, { ref: false })]);
    return this.#known;
  }

  async #ask(): Promise<void> {
    try {
      this.#known = await this.#list();
    } finally {
      this.#askedAt = performance.now();
      this.#asking = undefined;
    }
  }
}
