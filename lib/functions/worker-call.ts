import type { H3Event } from 'h3';

import { pointerTo, Problem } from '#lib/problems';

import { acceptedItemFormat } from './accept.ts';
import { readBody } from './arguments.ts';
import { callOf } from './request-facts.ts';
import { answerResponse, itemsResponse } from './response.ts';

/** Which Python function a request is for, by the names in its path. */
interface Target {
  readonly worker: string;
  readonly function: string;
}

/**
 * Answers a request by a function of a worker: the body has its arguments, as JSON or as a form with files, and
 * `Accept` says whether the returned value is wanted as JSON or the items of a generator one by one.
 *
 * @throws {Problem} those of the body and of the call; `invalid-input` where there is a query, `not-acceptable`
 */
export async function callWorker(event: H3Event, { worker, function: named }: Target): Promise<Response> {
  refuseQuery(event);
  const format = acceptedItemFormat(event);
  const { python } = event.context.service;
  const name = named.normalize('NFKC'); // as Python has its identifiers (PEP 3131)
  await using body = await readBody(event, () => python.describe(worker, name));
  const call = { worker, function: name, ...body.given, ...callOf(event) };
  return format === undefined
    ? answerResponse(event, await python.invoke(call))
    : itemsResponse(event, await python.stream(call), format);
}

/** Nothing reads it: an argument in it would be dropped without a word. */
function refuseQuery({ url }: H3Event): void {
  const names = [...new Set(url.searchParams.keys())];
  if (names.length === 0) return;
  const detail = 'Arguments of a function go in the body, as a JSON object or a form, and none in the query.';
  throw new Problem('invalid-input', detail, {
    errors: names.map((name) => ({
      pointer: pointerTo('query', name),
      detail: `Given in the query: send '${name}' in the body.`,
    })),
  });
}
