import { defineHandler, getQuery, type EventHandlerResponse, type H3Event } from 'h3';
import type { z } from 'zod';

import { readJson } from './body.ts';
import type { Route } from './guard.ts';
import { pathParams } from './path-params.ts';
import { type Parsed, validate } from './validate.ts';

interface RouteDefinition<
  Params extends z.ZodType | undefined,
  Query extends z.ZodType | undefined,
  Body extends z.ZodType | undefined,
  Result extends z.ZodType | undefined,
> {
  /** What it does, in a few words, for the API description. */
  readonly summary?: string;
  /** Who may call the route; the holders of the key when it says nothing. */
  readonly access?: Route['access'];
  /** What a key must be for; `invoke` when it says nothing. */
  readonly scope?: Route['scope'];
  /** How many requests a call counts as; `false`: it is not counted. */
  readonly rateLimit?: Route['rateLimit'];
  /** The most bytes of a body it reads; `HEADY_MAX_BODY` when it says nothing. */
  readonly maxBodyBytes?: number;
  /** Takes a multipart body of up to `HEADY_MAX_UPLOAD` too, which the handler reads by `readMultipart`. */
  readonly uploads?: true | 'raw';
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What the handler answers with: its type, and its entry in the API description. */
  readonly response?: Result;
  readonly handler: (
    input: { readonly params: Parsed<Params>; readonly query: Parsed<Query>; readonly body: Parsed<Body> },
    event: H3Event,
  ) => EventHandlerResponse<Result extends z.ZodType ? z.input<Result> | Response : unknown>;
}

/**
 * An endpoint with validated, typed input.
 *
 * @example
 * export default defineRoute({
 *   body: z.object({ name: z.string() }),
 *   handler: ({ body }) => ({ hello: body.name }),
 * });
 */
export function defineRoute<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Result extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<Params, Query, Body, Result>): Route {
  const { summary, access, scope, rateLimit, maxBodyBytes, uploads, params, query, body, handler, response } =
    definition;
  const route = defineHandler(async (event) => {
    const input = {
      params: validate<Params>(params, params && Object.fromEntries(pathParams(event)), '/params'),
      query: validate<Query>(query, query && getQuery(event), '/query'),
      body: validate<Body>(body, body && (await readJson(event))),
    };
    return handler(input, event);
  });
  return Object.assign(route, {
    ...(access !== undefined && { access }),
    ...(scope !== undefined && { scope }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    ...(uploads && { uploads }),
    description: { summary, params, query, body, response },
  });
}
