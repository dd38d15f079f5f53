import type { Mount } from '#lib/files';
import type { ItemStream, ReturnedFile } from '#lib/python';
import type { StoredFile } from '#storage';

import type { Destination } from './store-returned.ts';

export interface CallOptions {
  /** Ends the call, as the request's own end does. */
  readonly signal?: AbortSignal;
}

/** Where a returned file is to be stored, for a function that returns one. */
export type StoreOptions = CallOptions & Destination;

/** A returned file that has been stored: what is known of it, and whether it outlasts a deploy. */
export type Stored = StoredFile & Pick<Mount, 'durability'>;

/** What a function's answer comes to: a value, a file, or a generator's items, which come as they are asked for. */
export type Reply =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'file'; readonly file: ReturnedFile }
  | { readonly kind: 'items'; readonly items: ItemStream };

/** What a function takes, in which what may be left out may be undefined as well: JSON leaves that out. */
export type Arguments<T> = T extends Blob
  ? T
  : T extends object
    ? { [K in keyof T]: object extends Pick<T, K> ? Arguments<T[K]> | undefined : Arguments<T[K]> }
    : T;

/** A generator that has been called: to be looped over, or awaited for the list of all items. */
export type PendingStream<Item> = AsyncIterable<Item> & PromiseLike<Item[]>;

/** A call under way. */
export class PendingCall implements Promise<unknown>, AsyncIterable<unknown> {
  readonly [Symbol.toStringTag] = 'PendingCall';
  readonly #reply: Promise<Reply>;
  #value: Promise<unknown> | undefined;
  #isRead = false;

  constructor(reply: Promise<Reply>) {
    this.#reply = reply;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  async then<Value = unknown, Reason = never>(
    onValue?: ((value: unknown) => Value | PromiseLike<Value>) | null,
    onReason?: ((reason: unknown) => Reason | PromiseLike<Reason>) | null,
  ): Promise<Value | Reason> {
    this.#value ??= this.#reply.then(async (reply) => settled(this.#readOnce(reply)));
    return this.#value.then(onValue, onReason);
  }

  async catch<Reason = never>(
    onReason?: ((reason: unknown) => Reason | PromiseLike<Reason>) | null,
  ): Promise<unknown> {
    return this.then(undefined, onReason);
  }

  async finally(onSettled?: (() => void) | null): Promise<unknown> {
    return this.then((value) => value).finally(onSettled);
  }

  /**
   * The items of a generator, each when it is asked for; leaving the loop ends the call.
   *
   * @throws {TypeError} it is no generator, or its items are with another reader.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    const reply = await this.#reply;
    if (reply.kind !== 'items') throw new TypeError('the function is no generator: await what it returns');
    this.#readOnce(reply);
    for await (const json of reply.items) yield JSON.parse(json.toString());
  }

  /** @throws {TypeError} its items are with another reader. */
  #readOnce(reply: Reply): Reply {
    if (reply.kind === 'items' && this.#isRead)
      throw new TypeError('the items of a call can be read once: keep them, or call the function again');
    this.#isRead = true;
    return reply;
  }
}

async function settled(reply: Reply): Promise<unknown> {
  if (reply.kind === 'value') return reply.value;
  if (reply.kind === 'file') return reply.file;
  const items: unknown[] = [];
  for await (const json of reply.items) items.push(JSON.parse(json.toString()));
  return items;
}
