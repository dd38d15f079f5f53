import { defineHandler, type EventHandler, type H3Event } from 'h3';

import { Problem } from '#lib/problems';
import { callsOf } from '#workers';

import { type Access, authorize, holdsKey } from './access.ts';
import { isMultipart, limitBody, limitDeclared } from './body.ts';

/** A route as its file exports it: a handler that may say who may call it and how much it reads. */
export type Route = EventHandler & {
  /** A function is asked at each request that has no key. */
  readonly access?: Access | ((event: H3Event) => Promise<Access>);
  readonly maxBodyBytes?: number;
  readonly uploads?: true;
};

/**
 * Puts a route behind what holds for every request: no new work while draining, the key, the body limit. The build
 * wraps the default export of every file under `routes/` in it, so a route that says nothing is private.
 */
export function guard(route: Route): EventHandler {
  const { access = 'private' } = route;
  if (typeof access === 'string') return defineHandler((event) => pass(event, route, access));
  return defineHandler(async (event) =>
    pass(event, route, holdsKey(event) ? 'private' : await access(event)),
  );
}

function pass(event: H3Event, route: Route, access: Access): ReturnType<Route> {
  const { service, requestId } = event.context;
  if (service.state === 'draining' && access !== 'public')
    throw new Problem('shutting-down', 'This instance is shutting down.', { retryAfterSeconds: 1 });
  authorize(event, access);
  const { HEADY_MAX_BODY, HEADY_MAX_UPLOAD } = service.config;
  // To wrap it would begin to read it, and `readMultipart` reads from Node itself.
  if (route.uploads && isMultipart(event)) limitDeclared(event, HEADY_MAX_UPLOAD);
  else limitBody(event, route.maxBodyBytes ?? HEADY_MAX_BODY);
  return callsOf({ python: service.python, requestId, signal: event.req.signal }, () => route(event));
}
