import type { H3Event } from 'h3';

import { acceptedItemFormat } from './accept.ts';
import { readBody } from './arguments.ts';
import { callOf } from './request-facts.ts';
import { answerResponse, itemsResponse } from './response.ts';

/** Which Python function a request is for. */
interface Target {
  readonly worker: string;
  readonly function: string;
}

/**
 * Answers a request by a function of a worker: the body has its arguments, as JSON or as a form with files, and
 * `Accept` says whether the returned value is wanted as JSON or the items of a generator one by one.
 *
 * @throws {Problem} those of the body and of the call; `not-acceptable`
 */
export async function callWorker(event: H3Event, target: Target): Promise<Response> {
  const format = acceptedItemFormat(event);
  const { python } = event.context.service;
  await using body = await readBody(event, () => python.describe(target.worker, target.function));
  const call = { ...target, ...body.given, ...callOf(event) };
  return format === undefined
    ? answerResponse(event, await python.invoke(call))
    : itemsResponse(event, await python.stream(call), format);
}
