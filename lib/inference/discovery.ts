import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '#lib/log';

import type { ListedModel } from './backends/backend.ts';
import type { Line } from './lines.ts';

interface DiscoveryOptions {
  readonly lines: readonly Line[];
  readonly log: Log;
  /** Of chats that name none. */
  readonly textModel: string;
}

/** A remote server may be started anew with another model; Hugging Face's list is for the warning alone. */
const againMs = { 'remote-gpu': 5 * 60_000, huggingface: undefined, mock: undefined };
const firstWaitMs = 2000;
/** For all of a list. */
const listMs = 10_000;
const maxWaitMs = 60_000;

/**
 * Asks the backends what they serve, from the start on and beside all calls: a remote server that still loads its model
 * is asked again, and the log says what there is and which default model is gone. Nothing waits for it.
 */
export class Discovery implements Disposable {
  readonly #options: DiscoveryOptions;
  readonly #over = new AbortController();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    for (const line of options.lines) if (line.backend.name !== 'mock') void this.#follow(line);
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #follow(line: Line): Promise<void> {
    const { name } = line.backend;
    let waitMs = firstWaitMs;
    let known: string | undefined;
    let attempts = 0;
    while (!this.#over.signal.aborted) {
      const models = await this.#listed(line, (attempts += 1));
      const ids = models?.map(({ id }) => id).join(', ');
      if (models && ids !== known) this.#tell(line, models);
      known = ids ?? known;
      const nextMs = models ? againMs[name] : (waitMs = Math.min(2 * waitMs, maxWaitMs));
      if (nextMs === undefined) return;
      await delay(nextMs, undefined, { signal: this.#over.signal, ref: false }).catch(() => undefined);
    }
  }

  async #listed({ backend }: Line, attempt: number): Promise<readonly ListedModel[] | undefined> {
    try {
      return await backend.models(AbortSignal.any([this.#over.signal, AbortSignal.timeout(listMs)]));
    } catch (error) {
      if (attempt === 1 && !this.#over.signal.aborted)
        this.#options.log.info({
          message: `the inference backend ${backend.name} does not list its models yet: ${(error as Error).message}`,
        });
      return undefined;
    }
  }

  /** Embeddings are not in Hugging Face's list: it has the models for chat. */
  #tell({ backend: { name } }: Line, models: readonly ListedModel[]): void {
    const { log, textModel } = this.#options;
    if (name === 'remote-gpu')
      log.info({ message: `the remote GPU serves ${models.map(({ id }) => id).join(', ') || 'no model'}` });
    if (name === 'huggingface' && !models.some(({ id }) => id === textModel.split(':', 1)[0]))
      log.warn({
        message: `Hugging Face no longer serves HF_TEXT_MODEL, which is ${textModel}: set another`,
      });
  }
}
