import { z } from 'zod';

import { inert } from '#lib/http';

import type { Answer, Answerer } from '../answers.ts';
import type { Embedder } from '../embedding/embedder.ts';
import type { Inference } from '../inference.ts';
import type { Bytes, Caller, GenerationOperation, Json, JsonObject, TaskOperation } from '../operation.ts';
import type { TokenUsage } from '../usage/tokens.ts';
import { maxTexts, messages, modelName, text, without } from './bodies.ts';

const model = modelName.optional();

/** The body of `POST /api/hf/infer`. */
export const inferBody = z
  .object({
    /** Such as `question-answering`; the model tells where there is none. */
    task: z
      .string()
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'is no name of a task')
      .optional(),
    model,
    inputs: z.json().refine((inputs) => inputs !== '' && inputs !== null, 'is empty'),
    parameters: z.record(z.string(), z.json()).optional(),
  })
  .refine(({ task, model: named }) => task !== undefined || named !== undefined, 'give a task or a model');

/** The body of `POST /api/hf/generate`: a prompt or messages, and what OpenAI's chat takes beside them. */
export const generateBody = z
  .looseObject({
    prompt: text.optional(),
    messages: messages.optional(),
    model,
    stream: z.boolean().optional(),
  })
  .refine(
    (body) => (body.prompt === undefined) !== (body.messages === undefined),
    'give a prompt, or messages',
  );

/** The body of `POST /api/hf/embed`. */
export const embedBody = z.object({
  texts: z.array(text).min(1, 'is empty').max(maxTexts),
  model,
  /** Whether the vectors are made to be of unit length. */
  normalize: z.boolean().default(true),
  /** Length of the vectors, where the model leaves it open. */
  dimensions: z.int().min(1).optional(),
});

/** Text that a model has written. */
export interface Generated extends Answerer {
  readonly text: string;
  readonly finishReason: string | null;
  readonly usage: TokenUsage;
}

interface TaskApiOptions {
  readonly inference: Inference;
  readonly embedder: Embedder;
}

/** Inference by task, for this service's own callers. */
export class TaskApi {
  readonly #inference: Inference;
  readonly #embedder: Embedder;

  constructor({ inference, embedder }: TaskApiOptions) {
    this.#inference = inference;
    this.#embedder = embedder;
  }

  /** What a task comes to, as Hugging Face has it. @throws {Problem} */
  async infer({ task, model: named, inputs, parameters }: z.output<typeof inferBody>, caller: Caller) {
    const body = bodyOf(task, inputs, parameters);
    return this.#inference.answer({ kind: 'task', task, model: named, stream: false, body }, caller);
  }

  /** The same for a body that is in Hugging Face's form already. @throws {Problem} */
  async ask(operation: Omit<TaskOperation, 'kind'>, caller: Caller): Promise<Answer> {
    return this.#inference.answer({ ...operation, kind: 'task' }, caller);
  }

  /** The events of a task that writes. @throws {Problem} */
  async askForEvents(operation: Omit<TaskOperation, 'kind'>, caller: Caller) {
    return this.#inference.stream({ ...operation, kind: 'task' }, caller);
  }

  /** Text for a prompt, whole. @throws {Problem} */
  async generate(body: z.output<typeof generateBody>, caller: Caller): Promise<Generated> {
    const { body: answered, usage, ...answerer } = await this.#inference.answer(chatOf(body), caller);
    const [choice] = choices.parse('json' in answered ? answered.json : undefined).choices;
    return {
      text: choice?.message?.content ?? '',
      finishReason: choice?.finish_reason ?? null,
      usage,
      ...answerer,
    };
  }

  /** Text for a prompt, piece by piece, each as JSON. @throws {Problem} */
  async generatePieces(
    body: z.output<typeof generateBody>,
    caller: Caller,
  ): Promise<Answerer & { readonly pieces: AsyncGenerator<Buffer> }> {
    const { events, ...answerer } = await this.#inference.stream({ ...chatOf(body), stream: true }, caller);
    return { ...answerer, pieces: piecesOf(events) };
  }

  /** One vector for each text. @throws {Problem} */
  async embed({ model: named, dimensions, ...request }: z.output<typeof embedBody>, caller: Caller) {
    return this.#embedder.embed({ ...request, model: named, dimensions }, caller);
  }
}

/** Hugging Face's pipelines take their parameters beside the inputs. */
const flat: ReadonlySet<string | undefined> = new Set(['feature-extraction', 'sentence-similarity']);

function bodyOf(task: string | undefined, inputs: Json, parameters: JsonObject | undefined): JsonObject {
  if (flat.has(task)) return { ...parameters, inputs };
  return parameters === undefined ? { inputs } : { inputs, parameters };
}

function chatOf(body: z.output<typeof generateBody>): GenerationOperation {
  const { prompt, messages: given, model: named } = body;
  const said = given ?? [{ role: 'user', content: prompt }];
  const fields = { ...without(body, ['prompt', 'model', 'stream']), messages: said } as JsonObject;
  return { kind: 'chat', model: named, stream: false, fields };
}

const choices = z.object({
  choices: z.array(
    z.object({
      message: z.object({ content: z.string().nullish() }).optional(),
      delta: z.object({ content: z.string().nullish() }).optional(),
      finish_reason: z.string().nullish(),
    }),
  ),
});

async function* piecesOf(events: AsyncIterable<Json>): AsyncGenerator<Buffer> {
  for await (const event of events) {
    const [choice] = choices.safeParse(event).data?.choices ?? [];
    if (choice?.delta?.content) yield Buffer.from(JSON.stringify(choice.delta.content));
  }
}

/** An answer as it is: JSON, or bytes of their own type. */
export function answerResponse({ body }: Answer, headers: Readonly<Record<string, string>>): Response {
  if ('json' in body) return Response.json(body.json, { headers });
  return new Response(bytesOf(body), { headers: { ...headers, ...inert, 'content-type': body.type } });
}

function bytesOf({ bytes }: Bytes): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
