import { Problem } from '#lib/problems';

import type { Answer, Answerer } from '../answers.ts';
import type { ListedModel } from '../backends/backend.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Embedder } from '../embedding/embedder.ts';
import type { Inference } from '../inference.ts';
import type { Caller, GenerationOperation, Json } from '../operation.ts';
import { type ChatBody, type CompletionBody, type EmbeddingsBody, without } from './bodies.ts';
import { eventResponse } from './event-response.ts';

interface OpenAiApiOptions {
  readonly inference: Inference;
  readonly embedder: Embedder;
  readonly catalogue: Catalogue;
}

/**
 * OpenAI's API, of which clients need to know nothing but the address: bodies in, responses out. Fields that are not
 * named here reach the backend as they are.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
export class OpenAiApi {
  readonly #options: OpenAiApiOptions;

  constructor(options: OpenAiApiOptions) {
    this.#options = options;
  }

  /** `POST /v1/chat/completions`. @throws {Problem} */
  async chat(body: ChatBody, caller: Caller): Promise<Response> {
    return this.#generate('chat', body, caller);
  }

  /** `POST /v1/completions`. @throws {Problem} */
  async complete(body: CompletionBody, caller: Caller): Promise<Response> {
    return this.#generate('completion', body, caller);
  }

  /** `POST /v1/embeddings`. @throws {Problem} */
  async embed(body: EmbeddingsBody, caller: Caller): Promise<Response> {
    const { model, input: texts, dimensions, encoding_format: format } = body;
    const request = {
      model: model ?? undefined,
      texts,
      normalize: true,
      dimensions: dimensions ?? undefined,
    };
    const { vectors, usage, ...answerer } = await this.#options.embedder.embed(request, caller);
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? base64Of(vector) : vector,
    }));
    return answered(answerer, {
      object: 'list',
      data,
      model: answerer.model,
      usage: { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens },
    });
  }

  /** `GET /v1/models`. */
  async models(): Promise<Response> {
    const models = await this.#options.catalogue.models();
    return Response.json({ object: 'list', data: models.map(entryOf) });
  }

  /** `GET /v1/models/{id}`. @throws {Problem} `not-found` */
  async model(id: string): Promise<Response> {
    const models = await this.#options.catalogue.models();
    const found = models.find((model) => model.id === id);
    if (!found) throw new Problem('model-not-found', `The model '${id}' does not exist.`);
    return Response.json(entryOf(found));
  }

  async #generate(
    kind: GenerationOperation['kind'],
    body: ChatBody | CompletionBody,
    caller: Caller,
  ): Promise<Response> {
    const { inference } = this.#options;
    const stream = body.stream === true;
    const fields = without(body, ['model', 'stream']);
    const operation: GenerationOperation = { kind, model: body.model ?? undefined, stream, fields };
    if (!stream) return jsonOf(await inference.answer(operation, caller));
    const { events, ...answerer } = await inference.stream(operation, caller);
    return eventResponse(events, headersOf(answerer));
  }
}

function jsonOf({ body, ...answerer }: Answer): Response {
  return answered(answerer, 'json' in body ? body.json : null);
}

function answered(answerer: Answerer, json: Json | object): Response {
  return Response.json(json, { headers: headersOf(answerer) });
}

/** Says on each answer who has given it. */
export function headersOf({ backend, model }: Answerer): Readonly<Record<string, string>> {
  return { 'x-inference-backend': backend, 'x-inference-model': model.replace(/[^!-~]/g, '?') };
}

function entryOf({ id, created, ownedBy }: ListedModel) {
  return { id, object: 'model', created, owned_by: ownedBy };
}

/** Little-endian 32-bit floats, as OpenAI packs them. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * Float32Array.BYTES_PER_ELEMENT);
  return bytes.toString('base64');
}
