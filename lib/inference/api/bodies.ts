import { z } from 'zod';

import type { JsonObject } from '../operation.ts';

/** Of one call; OpenAI takes as many inputs. */
export const maxTexts = 2048;

/** Printable, without spaces. */
export const modelName = z.string().regex(/^[!-~]{1,256}$/, 'is no name of a model');
export const text = z.string().min(1, 'is empty');
const model = modelName.nullish();
const tokens = z.array(z.int().min(0)).min(1);

export const messages = z.array(z.looseObject({ role: z.string() })).min(1, 'is empty');

/** Fields that are not named here are passed on as they are. */
const streamed = { model, stream: z.boolean().nullish() };

export const chatBody = z.looseObject({
  ...streamed,
  messages,
});

export const completionBody = z.looseObject({
  ...streamed,
  prompt: z.union(
    [text, tokens, z.array(text).min(1), z.array(tokens).min(1)],
    'expected a text or the numbers of its tokens, or a list of either, none of them empty',
  ),
});

export const embeddingsBody = z.looseObject({
  model,
  input: z.union(
    [
      text.transform((one) => [one]),
      tokens.transform((one) => [one]),
      z.array(text).min(1).max(maxTexts),
      z.array(tokens).min(1).max(maxTexts),
    ],
    `expected a text or the numbers of its tokens, or a list of 1 to ${maxTexts} of either, none of them empty`,
  ),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
});

export type ChatBody = z.output<typeof chatBody>;
export type CompletionBody = z.output<typeof completionBody>;
export type EmbeddingsBody = z.output<typeof embeddingsBody>;

/** A body's fields, less some. */
export function without(body: object, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name))) as JsonObject;
}
