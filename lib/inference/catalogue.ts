import type { Log } from '#lib/log';

import type { ListedModel } from './backends/backend.ts';
import type { Line } from './lines.ts';

/** What was listed is good for so long. */
const freshMs = 60_000;

/** The models that the backends list, those of the first backend first. */
export class Catalogue {
  readonly #lines: readonly Line[];
  readonly #log: Log;
  #listed: readonly ListedModel[] = [];
  #goodUntil = 0;

  constructor(lines: readonly Line[], log: Log) {
    this.#lines = lines;
    this.#log = log;
  }

  /** Those of a backend that does not answer are left out. @throws the signal's reason when it aborts. */
  async models(signal: AbortSignal): Promise<readonly ListedModel[]> {
    if (performance.now() < this.#goodUntil) return this.#listed;
    const lists = await Promise.all(this.#lines.map(async (line) => this.#modelsOf(line, signal)));
    signal.throwIfAborted();
    const models = new Map(
      lists
        .flat()
        .toReversed()
        .map((model) => [model.id, model]),
    );
    this.#listed = [...models.values()].toReversed();
    if (this.#listed.length > 0) this.#goodUntil = performance.now() + freshMs;
    return this.#listed;
  }

  async #modelsOf({ backend }: Line, signal: AbortSignal): Promise<readonly ListedModel[]> {
    try {
      return await backend.models(signal);
    } catch (error) {
      if (!signal.aborted)
        this.#log.warn({
          message: `the inference backend ${backend.name} lists no models: ${(error as Error).message}`,
        });
      return [];
    }
  }
}
