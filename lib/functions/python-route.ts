import { defineHandler, type H3Event } from 'h3';

import type { Route } from '#lib/http';

import { preferredItemFormat } from './accept.ts';
import { readArguments } from './arguments.ts';
import { callOf } from './request-facts.ts';
import { answerResponse, itemsResponse } from './response.ts';

/**
 * The endpoint that a `.py` file under `routes/` is, by its path from the root: its one function, called for each
 * request. A generator's items are sent one by one where `Accept` asks for them.
 */
export function pythonRoute(route: string): Route {
  const access = async ({ context: { service } }: H3Event) => service.python.accessOf(route);
  const handler = defineHandler(async (event) => {
    const { python } = event.context.service;
    const format = event.req.method === 'HEAD' ? undefined : preferredItemFormat(event);
    await using read = await readArguments(event, () => python.describeRoute(route));
    const call = { route, ...read.given, ...callOf(event) };
    if (!format) return answerResponse(event, await python.invokeRoute(call));
    const answer = await python.streamRoute(call);
    return 'next' in answer ? itemsResponse(event, answer, format) : answerResponse(event, answer);
  });
  return Object.assign(handler, { access, uploads: true as const });
}
