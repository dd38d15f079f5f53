import type { H3Event } from 'h3';

import { conditionsOf } from '#lib/files';
import { requireScope } from '#lib/http';
import { pointerTo, Problem } from '#lib/problems';
import { type Destination, storeReturned } from '#workers';

import { acceptedItemFormat } from './accept.ts';
import { readBody } from './arguments.ts';
import { callOf } from './request-facts.ts';
import { answerResponse, itemsResponse, storedResponse } from './response.ts';

/** Which Python function a request is for, by the names in its path. */
interface Target {
  readonly worker: string;
  readonly function: string;
}

/** Where a returned file is to be stored; without a key it is the answer itself. */
type Query = { readonly [Name in 'store' | 'durability']?: Destination[Name] | undefined };

/**
 * Answers a request by a function of a worker: the body has its arguments, as JSON or as a form with files, and
 * `Accept` says whether the returned value is wanted as JSON or the items of a generator one by one. A returned file is
 * stored where the query names a key.
 *
 * @throws {Problem} those of the body and of the call; `invalid-input` where there is another query, `forbidden` for a key that may store no
 *   file, `not-acceptable`
 */
export async function callWorker(
  event: H3Event,
  { worker, function: named }: Target,
  { store, durability }: Query,
): Promise<Response> {
  refuseQuery(event, store === undefined ? [] : ['store', 'durability']);
  if (store !== undefined) await requireScope(event, 'files');
  const format = acceptedItemFormat(event);
  const { python } = event.context.service;
  const name = named.normalize('NFKC'); // as Python has its identifiers (PEP 3131)
  await using body = await readBody(event, () => python.describe(worker, name));
  const call = { worker, function: name, ...body.given, ...callOf(event) };
  if (store !== undefined) {
    const destination = { store, durability, ...conditionsOf(event.req) };
    return storedResponse(await storeReturned(event.context.service, call, destination));
  }
  return format === undefined
    ? answerResponse(event, await python.invoke(call))
    : itemsResponse(event, await python.stream(call), format);
}

/** Nothing reads it: an argument in it would be dropped without a word. */
function refuseQuery({ url }: H3Event, known: readonly string[]): void {
  const names = [...new Set(url.searchParams.keys())].filter((name) => !known.includes(name));
  if (names.length === 0) return;
  const detail = 'Arguments of a function go in the body, as a JSON object or a form, and none in the query.';
  throw new Problem('invalid-input', detail, {
    errors: names.map((name) => ({
      pointer: pointerTo('query', name),
      detail: `Given in the query: send '${name}' in the body.`,
    })),
  });
}
