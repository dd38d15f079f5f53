import type { InferenceUsage } from '#lib/records';

import type { CallUsage } from '../operation.ts';

/** Adds up what calls use. */
export class Tally {
  #sum: InferenceUsage | undefined;

  /** Undefined where there was no call. */
  get sum(): InferenceUsage | undefined {
    return this.#sum;
  }

  add(usage: CallUsage): void {
    const sum = this.#sum ?? nothing;
    const answerer = usage.backend === 'none' ? [] : [`${usage.backend}/${usage.model}`];
    this.#sum = {
      calls: sum.calls + 1,
      failed: sum.failed + (usage.outcome === 'ok' ? 0 : 1),
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      durationMs: sum.durationMs + usage.durationMs,
      retries: sum.retries + usage.retries,
      cacheHits: sum.cacheHits + usage.cacheHits,
      models: [...new Set([...sum.models, ...answerer])],
    };
  }
}

const nothing: InferenceUsage = {
  calls: 0,
  failed: 0,
  inputTokens: 0,
  outputTokens: 0,
  durationMs: 0,
  retries: 0,
  cacheHits: 0,
  models: [],
};
