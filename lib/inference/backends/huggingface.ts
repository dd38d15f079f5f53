import { z } from 'zod';

import { Problem } from '#lib/problems';

import {
  type EmbeddingOperation,
  isBytes,
  type Json,
  type Operation,
  type TaskOperation,
} from '../operation.ts';
import type { Transport } from '../transport/transport.ts';
import type { Backend, Exchange, ListedModel } from './backend.ts';
import { defaultModels } from './default-models.ts';
import { evenVectors, generation, jsonRequest, modelList, type OpenAiServer } from './openai.ts';

interface HuggingFaceOptions {
  /** Whether it is Hugging Face, or stands in its place. */
  readonly name: 'huggingface' | 'mock';
  /** The origin of its router. */
  readonly url: string;
  readonly token: string;
  readonly textModel: string;
  readonly embedModel: string;
  readonly transport: Transport;
}

/**
 * Hugging Face's inference, by its HTTP API: chat and completions of the router, all else by `hf-inference`, where the
 * path names the model. Task and model tell how the answer reads; it is passed on as it is.
 *
 * @see https://huggingface.co/docs/inference-providers/index
 */
export class HuggingFace implements Backend {
  readonly name: HuggingFaceOptions['name'];
  readonly #server: OpenAiServer;
  readonly #options: HuggingFaceOptions;

  constructor(options: HuggingFaceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#server = { url: options.url, headers: { authorization: `Bearer ${options.token}` } };
  }

  exchange(operation: Operation): Exchange | undefined {
    const { textModel, embedModel } = this.#options;
    if (operation.kind === 'task') return this.#task(operation);
    if (operation.kind === 'embedding') return this.#embedding(operation, operation.model ?? embedModel);
    return generation(this.#server, operation, operation.model ?? textModel);
  }

  learn(): void {
    // Each model is served or not for itself, and that may change from one call to the next.
  }

  async models(signal: AbortSignal): Promise<readonly ListedModel[]> {
    const { url, headers } = this.#server;
    const answer = await this.#options.transport.getJson({ url: `${url}/v1/models`, headers }, signal);
    return modelList.parse(answer).data;
  }

  #task({ task, model, body }: TaskOperation): Exchange | undefined {
    const chosen = model ?? defaultModels(this.#options)[task ?? ''];
    if (chosen === undefined) return undefined;
    const path = pathOf(chosen, task);
    return {
      model: chosen,
      request: isBytes(body) ? this.#bytesRequest(path, body) : jsonRequest(this.#server, path, body),
      isMedia: true,
      read: (answer) => answer,
      readEvent: (data) => data,
      usage: () => undefined,
    };
  }

  #bytesRequest(path: string, { bytes, type }: { readonly bytes: Uint8Array; readonly type: string }) {
    const { url, headers } = this.#server;
    return { url: `${url}${path}`, headers: { ...headers, 'content-type': type }, body: bytes };
  }

  /** It cannot be asked for vectors of another length, and takes no numbers of tokens. */
  #embedding({ texts, normalize, dimensions }: EmbeddingOperation, model: string): Exchange | undefined {
    if (dimensions !== undefined || texts.some((each) => typeof each !== 'string')) return undefined;
    const path = pathOf(model, 'feature-extraction');
    return {
      model,
      request: jsonRequest(this.#server, path, { inputs: texts, normalize }),
      read: (answer) => vectorsOf(answer, texts.length),
      readEvent: (data) => data,
      usage: () => undefined,
    };
  }
}

const modelId = /^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}$)[\w.-]+)?(?:@[\w.-]+)?(?::[\w-]+)?$/;

/** Models that serve several of these tasks have each at a path of its own. */
const pipelines: ReadonlySet<string | undefined> = new Set(['feature-extraction', 'sentence-similarity']);

/** @throws {Problem} `invalid-input`: such a name would lead elsewhere. */
function pathOf(model: string, task: string | undefined): string {
  if (!modelId.test(model))
    throw new Problem('invalid-input', `'${model}' is no name of a model on Hugging Face, such as org/name.`);
  const id = model.split('/').map(encodeURIComponent).join('/');
  return `/hf-inference/models/${id}${pipelines.has(task) ? `/pipeline/${task}` : ''}`;
}

const vector = z.array(z.number()).min(1);
/** One vector for each text, or, of a model that does not pool, one for each token of each text. */
const features = z.union([z.array(vector), z.array(z.array(vector).min(1))]);

function vectorsOf(answer: Json, count: number): Json {
  const read = features.parse(answer);
  if (read.length !== count) throw new Error(`${read.length} vectors for ${count} texts`);
  return evenVectors(read.map((each) => (isVector(each) ? each : pooled(each))));
}

function isVector(value: readonly number[] | readonly (readonly number[])[]): value is readonly number[] {
  return typeof value[0] === 'number';
}

/** The mean of the tokens' vectors. */
function pooled(tokens: readonly (readonly number[])[]): number[] {
  const sums = (tokens[0] ?? []).map((_, at) => tokens.reduce((sum, token) => sum + (token[at] ?? 0), 0));
  return sums.map((sum) => sum / tokens.length);
}
