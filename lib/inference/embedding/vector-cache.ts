import { hash } from 'node:crypto';

import { createStorage, type Storage } from 'unstorage';
import lruCache from 'unstorage/drivers/lru-cache';

import type { Answerer } from '../answers.ts';
import type { Embeddable } from '../operation.ts';

/** Bytes of vectors that are kept; those that were asked for longest ago go first. */
const maxBytes = 16 * 1024 ** 2;

/** What a text's vector depends on, beside the text. */
export interface VectorKind extends Answerer {
  readonly normalize: boolean;
  readonly dimensions: number | undefined;
}

/** Vectors of texts, for as long as they are good. */
export class VectorCache {
  readonly #storage: Storage;

  constructor(ttlMs: number) {
    this.#storage = createStorage({ driver: lruCache({ maxSize: maxBytes, ttl: ttlMs }) });
  }

  async get(kind: VectorKind, text: Embeddable): Promise<readonly number[] | undefined> {
    const vector = await this.#storage.getItemRaw<Float64Array>(keyOf(kind, text));
    return vector ? [...vector] : undefined;
  }

  async set(kind: VectorKind, text: Embeddable, vector: readonly number[]): Promise<void> {
    await this.#storage.setItemRaw(keyOf(kind, text), Float64Array.from(vector));
  }
}

/** A model's revision is a part of its name where a call asks for one, as in `org/model@revision`. */
function keyOf({ backend, model, normalize, dimensions }: VectorKind, text: Embeddable): string {
  return hash('sha256', JSON.stringify([backend, model, normalize, dimensions ?? null, text]), 'hex');
}
