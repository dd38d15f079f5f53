import { createHash } from 'node:crypto';

import { tokensOf } from './words.ts';

export interface GenerationLimits {
  readonly maxTokens?: number | undefined;
  readonly stop?: string | readonly string[] | null | undefined;
}

/** What a model has written, whole or cut by the caller's limits. */
export interface Generation {
  readonly tokens: readonly string[];
  readonly finishReason: 'length' | 'stop';
}

/** The same for all answers, so that equal requests get equal answers: 2026-01-01. */
export const created = 1_767_225_600;

export function generate(text: string, { maxTokens = Infinity, stop }: GenerationLimits): Generation {
  const tokens = tokensOf(upToStop(text, [stop ?? []].flat()));
  return {
    tokens: tokens.slice(0, maxTokens),
    finishReason: tokens.length > maxTokens ? 'length' : 'stop',
  };
}

/** An id that depends on the request alone. */
export function idOf(prefix: string, request: unknown): string {
  return `${prefix}-${createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 24)}`;
}

export function usageOf(prompt: string, generation: Generation): Record<string, number> {
  const promptTokens = tokensOf(prompt).length;
  const completionTokens = generation.tokens.length;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function upToStop(text: string, stops: readonly string[]): string {
  const ends = stops
    .filter((stop) => stop !== '')
    .map((stop) => text.indexOf(stop))
    .filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}
