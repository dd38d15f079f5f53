import type { Log } from '#lib/log';

import type { ListedModel } from './backends/backend.ts';
import type { Line } from './lines.ts';

/** What was listed is good for so long; where a backend has not answered, for less. */
const freshMs = 60_000;
const partialMs = 5000;
/** For all of a list. */
const listMs = 10_000;

/** The models that the backends list, those of the first backend first. Callers at the same time share one listing. */
export class Catalogue {
  readonly #lines: readonly Line[];
  readonly #log: Log;
  #listed: Promise<readonly ListedModel[]> | undefined;
  #goodUntil = 0;

  constructor(lines: readonly Line[], log: Log) {
    this.#lines = lines;
    this.#log = log;
  }

  /** Those of a backend that does not answer are left out. */
  async models(): Promise<readonly ListedModel[]> {
    if (performance.now() >= this.#goodUntil) {
      this.#goodUntil = Infinity;
      this.#listed = this.#list();
    }
    return this.#listed ?? [];
  }

  async #list(): Promise<readonly ListedModel[]> {
    const lists = await Promise.all(this.#lines.map(async (line) => this.#modelsOf(line)));
    this.#goodUntil = performance.now() + (lists.includes(undefined) ? partialMs : freshMs);
    const all = lists.flatMap((list) => list ?? []);
    return all.filter(({ id }, at) => all.findIndex((model) => model.id === id) === at);
  }

  async #modelsOf({ backend }: Line): Promise<readonly ListedModel[] | undefined> {
    try {
      return await backend.models(AbortSignal.timeout(listMs));
    } catch (error) {
      this.#log.warn({
        message: `the inference backend ${backend.name} lists no models: ${(error as Error).message}`,
      });
      return undefined;
    }
  }
}
