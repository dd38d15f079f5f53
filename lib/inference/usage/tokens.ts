import { z } from 'zod';

import type { Json, Operation } from '../operation.ts';

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** No answer takes more: one that says so would spend the budget of a day. */
const count = z.int().min(0).max(10_000_000);

const counted = z.object({
  usage: z.object({
    prompt_tokens: count.nullish(),
    completion_tokens: count.nullish(),
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

/** Of all texts in a value; without recursion, as a value may be deep. */
function characters(value: unknown): number {
  let sum = 0;
  for (const left = [value]; left.length > 0;) {
    const part = left.pop();
    if (typeof part === 'string') sum += part.length;
    else if (typeof part === 'object' && part !== null && !ArrayBuffer.isView(part))
      for (const inner of Object.values(part)) left.push(inner);
  }
  return sum;
}
