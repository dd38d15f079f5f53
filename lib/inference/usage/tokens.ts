import { z } from 'zod';

import type { Json, Operation } from '../operation.ts';

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const counted = z.object({
  usage: z.object({
    prompt_tokens: z.int().min(0).nullish(),
    completion_tokens: z.int().min(0).nullish(),
  }),
});

/** What an answer, or an event of a stream, of an OpenAI-compatible server says of its tokens. */
export function countedTokens(answer: Json): TokenUsage | undefined {
  const { data } = counted.safeParse(answer);
  if (data === undefined) return undefined;
  return { inputTokens: data.usage.prompt_tokens ?? 0, outputTokens: data.usage.completion_tokens ?? 0 };
}

/** As OpenAI gives it for English text. */
const charactersPerToken = 4;

/** About as many tokens as an operation sends. */
export function estimatedInputTokens(operation: Operation): number {
  if (operation.kind === 'task') return estimatedTokens(operation.body);
  if (operation.kind === 'embedding') return estimatedTokens(operation.texts);
  return estimatedTokens([operation.fields.messages, operation.fields.prompt]);
}

/** About as many tokens as a value's texts have, where nobody has counted them. */
export function estimatedTokens(value: unknown): number {
  return Math.ceil(characters(value) / charactersPerToken);
}

function characters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + characters(item), 0);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 0;
  return characters(Object.values(value));
}
