import { z } from 'zod';

import {
  type EmbeddingOperation,
  type GenerationOperation,
  isBytes,
  type Json,
  type JsonObject,
  type TaskOperation,
} from '../operation.ts';

/** A task in the terms of OpenAI's API, and its answers in the task's own. */
interface Translation {
  readonly operation: GenerationOperation | EmbeddingOperation;
  readonly read: (answer: Json) => Json;
  readonly readEvent: (data: Json) => Json | undefined;
}

/** Undefined where OpenAI's API has no such thing. */
export function asOpenAi({ task, model, stream, body }: TaskOperation): Translation | undefined {
  if (isBytes(body)) return undefined;
  if (task === 'text-generation') return asCompletion({ model, stream }, body);
  if (task === 'feature-extraction') return asEmbedding(model, body);
  return undefined;
}

const prompt = z.object({
  inputs: z.string(),
  parameters: z
    .object({
      max_new_tokens: z.int().nullish(),
      temperature: z.number().nullish(),
      top_p: z.number().nullish(),
      frequency_penalty: z.number().nullish(),
      seed: z.int().nullish(),
      stop: z.array(z.string()).nullish(),
      return_full_text: z.boolean().nullish(),
    })
    .nullish(),
});

function asCompletion(
  { model, stream }: Pick<TaskOperation, 'model' | 'stream'>,
  body: JsonObject,
): Translation | undefined {
  const { data } = prompt.safeParse(body);
  if (!data) return undefined;
  const { max_new_tokens: maxTokens, return_full_text: full, ...others } = data.parameters ?? {};
  const fields = { prompt: data.inputs, ...others, ...(maxTokens && { max_tokens: maxTokens }) };
  const before = full ? data.inputs : '';
  return {
    operation: { kind: 'completion', model, stream, fields: withoutNulls(fields) },
    read: (answer) => completed.parse(answer).choices.map(({ text }) => ({ generated_text: before + text })),
    readEvent: tokenEvents(before),
  };
}

const completed = z.object({
  choices: z.array(z.object({ text: z.string(), finish_reason: z.string().nullish() })),
});

/** An event for each piece, as TGI has it; the last has the whole text. */
function tokenEvents(before: string): (data: Json) => Json | undefined {
  let text = before;
  let index = 0;
  return (data) => {
    const [choice] = completed.safeParse(data).data?.choices ?? [];
    if (choice === undefined) return undefined;
    text += choice.text;
    index += 1;
    const isLast = choice.finish_reason !== null && choice.finish_reason !== undefined;
    return {
      index,
      token: { id: index, text: choice.text, logprob: 0, special: false },
      generated_text: isLast ? text : null,
      details: isLast ? { finish_reason: choice.finish_reason ?? '', generated_tokens: index } : null,
    };
  };
}

const texts = z.object({
  inputs: z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]),
  normalize: z.boolean().nullish(),
});

function asEmbedding(model: string | undefined, body: JsonObject): Translation | undefined {
  const { data } = texts.safeParse(body);
  if (!data) return undefined;
  const normalize = data.normalize ?? false;
  return {
    operation: {
      kind: 'embedding',
      model,
      stream: false,
      texts: data.inputs,
      normalize,
      dimensions: undefined,
    },
    read: (answer) => answer,
    readEvent: (event) => event,
  };
}

function withoutNulls(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined,
    ),
  );
}
