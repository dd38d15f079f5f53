import { Problem } from '#lib/problems';

import type { Answerer } from '../answers.ts';
import type { Inference } from '../inference.ts';
import type { Caller, Embeddable, EmbeddingOperation } from '../operation.ts';
import type { TokenUsage } from '../usage/tokens.ts';
import { unitVector } from './unit-vector.ts';
import type { VectorCache } from './vector-cache.ts';

/** What is to be embedded, and how. */
export type EmbeddingRequest = Omit<EmbeddingOperation, 'kind' | 'stream'>;

/** One vector for each text, in their order. */
export interface Embeddings extends Answerer {
  readonly vectors: readonly Vector[];
  readonly usage: TokenUsage;
}

type Vector = readonly number[];

/** Vectors by text, all of one model. */
interface Embedded extends Answerer {
  readonly vectors: ReadonlyMap<Embeddable, Vector>;
  readonly usage: TokenUsage;
}

interface EmbedderOptions {
  readonly inference: Inference;
  readonly cache: VectorCache | undefined;
}

/** As many texts are sent at once: servers hold back, or refuse, larger batches. */
const batchSize = 32;
/** Of one call: it is not to fill the queue by itself. */
const batchesAtOnce = 4;
const nothing: TokenUsage = { inputTokens: 0, outputTokens: 0 };

/** Embeds texts in batches, each text once, and those that the cache has not at all. */
export class Embedder {
  readonly #inference: Inference;
  readonly #cache: VectorCache | undefined;

  constructor({ inference, cache }: EmbedderOptions) {
    this.#inference = inference;
    this.#cache = cache;
  }

  /** @throws {Problem} as {@link Inference.answer} */
  async embed(request: EmbeddingRequest, caller: Caller): Promise<Embeddings> {
    const texts = [...new Set(request.texts)];
    const kept = await this.#kept(request, texts);
    const missing = texts.filter((text) => !kept?.vectors.has(text));
    const all =
      missing.length === 0 && kept ? kept : await this.#completed(request, { kept, missing }, caller);
    if (kept && kept.vectors.size > 0 && all.model === kept.model)
      this.#inference.tellCacheHits({ model: kept.model, hits: kept.vectors.size }, caller);
    const { backend, model, usage } = all;
    return { vectors: request.texts.map((text) => all.vectors.get(text) ?? []), usage, backend, model };
  }

  /** What the cache has of the model that would be asked first. */
  async #kept(request: EmbeddingRequest, texts: readonly Embeddable[]): Promise<Embedded | undefined> {
    const answerer = this.#cache && this.#inference.answererOf(operationOf(request, texts));
    if (!this.#cache || !answerer) return undefined;
    const vectors = new Map<Embeddable, Vector>();
    for (const text of texts) {
      const vector = await this.#cache.get({ ...request, ...answerer }, text);
      if (vector) vectors.set(text, vector);
    }
    return { ...answerer, vectors, usage: nothing };
  }

  /** With those that were missing; all anew where another model has answered, as their vectors do not go together. */
  async #completed(
    request: EmbeddingRequest,
    { kept, missing }: { readonly kept: Embedded | undefined; readonly missing: readonly Embeddable[] },
    caller: Caller,
  ): Promise<Embedded> {
    const fresh = await this.#fresh(request, missing, caller);
    if (!kept || kept.vectors.size === 0) return fresh;
    if (isOneModel([kept, fresh])) return { ...fresh, vectors: new Map([...kept.vectors, ...fresh.vectors]) };
    return this.#fresh(request, [...kept.vectors.keys(), ...missing], caller);
  }

  async #fresh(request: EmbeddingRequest, texts: readonly Embeddable[], caller: Caller): Promise<Embedded> {
    const batches: Embedded[] = [];
    for (const some of chunksOf(chunksOf(texts, batchSize), batchesAtOnce))
      batches.push(...(await Promise.all(some.map(async (batch) => this.#batch(request, batch, caller)))));
    const [first] = batches;
    if (!first || !isOneModel(batches))
      throw new Problem('inference-unavailable', 'Texts of one call were embedded by different models.', {
        status: 503,
        retryAfterSeconds: 1,
      });
    const inputTokens = batches.reduce((sum, { usage }) => sum + usage.inputTokens, 0);
    const vectors = new Map(batches.flatMap((batch) => [...batch.vectors]));
    return { ...first, vectors, usage: { inputTokens, outputTokens: 0 } };
  }

  async #batch(request: EmbeddingRequest, texts: readonly Embeddable[], caller: Caller): Promise<Embedded> {
    const { backend, model, body, usage } = await this.#inference.answer(operationOf(request, texts), caller);
    const given = 'json' in body ? (body.json as readonly Vector[]) : [];
    const all = request.normalize ? given.map(unitVector) : given;
    const vectors = new Map(texts.map((text, at) => [text, all[at] ?? []]));
    for (const [text, vector] of vectors)
      await this.#cache?.set({ ...request, backend, model }, text, vector);
    return { backend, model, vectors, usage };
  }
}

function operationOf(request: EmbeddingRequest, texts: readonly Embeddable[]): EmbeddingOperation {
  return { ...request, kind: 'embedding', stream: false, texts };
}

function chunksOf<T>(items: readonly T[], size: number): (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function isOneModel(answerers: readonly Answerer[]): boolean {
  return new Set(answerers.map(({ backend, model }) => `${backend} ${model}`)).size === 1;
}
