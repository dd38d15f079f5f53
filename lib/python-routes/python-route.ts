import { defineHandler, type H3Event } from 'h3';

import { answerResponse, callOf, itemFormat, itemsResponse, type Route } from '#lib/http';

import { readArguments } from './arguments.ts';

/**
 * The endpoint that a `.py` file under `routes/` is, by its path from the root: its one function, called for each
 * request. A generator's items are sent one by one where `Accept` asks for them.
 */
export function pythonRoute(route: string): Route {
  const access = async ({ context: { service } }: H3Event) => service.python.accessOf(route);
  const handler = defineHandler(async (event) => {
    const { python } = event.context.service;
    const format = itemFormat(event);
    const call = { route, ...(await readArguments(event)), ...callOf(event) };
    if (!format) return answerResponse(await python.invokeRoute(call));
    const answer = await python.streamRoute(call);
    return 'next' in answer ? itemsResponse(event, answer, format) : answerResponse(answer);
  });
  return Object.assign(handler, { access });
}
