import { defineHandler, type EventHandler, type H3Event } from 'h3';
import type { z } from 'zod';

import { Problem } from '#lib/problems';
import { callsOf } from '#workers';

import { type Access, authorize, givesSession, holdsKey } from './access.ts';
import { isMultipart, leaveUnread, limitBody } from './body.ts';
import { endOfRequest } from './end-of-request.ts';

/** A route as its file exports it: a handler that may say who may call it and how much it reads. */
export type Route = EventHandler & {
  /** A function is asked at each request that has no key. */
  readonly access?: Access | ((event: H3Event) => Promise<Access>);
  readonly maxBodyBytes?: number;
  /**
   * It may be sent forms with files, up to `HEADY_MAX_UPLOAD`, and reads its body by `readMultipart`, `readJson` or
   * `readJsonBytes` alone: these bound what they read, which else is done for every route. `raw`: the body is a file
   * itself, of any type, and is read by `unreadBody`.
   */
  readonly uploads?: true | 'raw';
  readonly description?: RouteDescription;
};

/** What a route says of itself for the API description. */
export interface RouteDescription {
  /** In a few words. */
  readonly summary?: string | undefined;
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  readonly response?: z.ZodType | undefined;
}

/** A guarded route, with what it guards. */
export type GuardedRoute = EventHandler & { readonly route: Route };

/**
 * Puts a route behind what holds for every request: no new work while draining, the key, the body limit. The build
 * wraps the default export of every file under `routes/` in it, so a route that says nothing is private.
 */
export function guard(route: Route): GuardedRoute {
  return Object.assign(guarded(route), { route });
}

function guarded(route: Route): EventHandler {
  const { access = 'private' } = route;
  if (typeof access === 'string') return defineHandler((event) => pass(event, route, access));
  return defineHandler(async (event) =>
    pass(event, route, holdsKey(event) ? 'private' : await access(event)),
  );
}

function pass(event: H3Event, route: Route, access: Access): ReturnType<Route> {
  const { service } = event.context;
  if (service.state === 'draining' && access !== 'public')
    throw new Problem('shutting-down', 'This instance is shutting down.', { retryAfterSeconds: 1 });
  if (access === 'private' && givesSession(event)) return passBySession(event, route);
  authorize(event, access);
  return serve(event, route);
}

async function passBySession(event: H3Event, route: Route): Promise<unknown> {
  event.context.session = await event.context.service.sessions.find(event);
  if (!event.context.session) authorize(event, 'private');
  return serve(event, route);
}

function serve(event: H3Event, route: Route): ReturnType<Route> {
  const { service, requestId } = event.context;
  const { HEADY_MAX_BODY, HEADY_MAX_UPLOAD } = service.config;
  const maxBytes = route.maxBodyBytes ?? HEADY_MAX_BODY;
  const takesFile = route.uploads === 'raw' || isMultipart(event);
  if (route.uploads) leaveUnread(event, takesFile ? HEADY_MAX_UPLOAD : maxBytes);
  else limitBody(event, maxBytes);
  const scope = {
    python: service.python,
    files: service.files,
    requestId,
    get signal() {
      return endOfRequest(event);
    },
  };
  return callsOf(scope, () => route(event));
}
