import { defineHandler, type EventHandler, type H3Event } from 'h3';
import type { z } from 'zod';

import { requesterId } from '#lib/access';
import type { Scope } from '#lib/config';
import { Problem } from '#lib/problems';
import { callsOf, type Scope as CallScope } from '#workers';

import { type Access, bringsSession, decide, mayUse, recognize, refuse, type RouteAccess } from './access.ts';
import { hasBody, isMultipart, leaveUnread, limitBody, refuseEncoded } from './body.ts';
import { endOfRequest } from './end-of-request.ts';
import { answerOrUpgrade } from './web-socket.ts';

/** A route as its file exports it: a handler that may say who may call it and how much it reads. */
export type Route = EventHandler & {
  /** The holders of a key when it says nothing. */
  readonly access?: RouteAccess;
  /** What a key must be for; `invoke` when it says nothing. */
  readonly scope?: Scope;
  /** How many requests a call counts as; 1 when it says nothing. `false`: it is not counted, and never refused for it. */
  readonly rateLimit?: { readonly cost: number } | false;
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
 * Puts a route behind what holds for every request: the key, the rate limit, no new work once the service is closed, the
 * body limit. The build wraps the default export of every file under `routes/` in it, so a route that says nothing is private.
 */
export function guard(route: Route): GuardedRoute {
  const handler = defineHandler(async (event) => {
    await admit(event, route);
    boundBody(event, route);
    return serve(event, route);
  });
  return Object.assign(handler, { route });
}

/** @throws {Problem} `shutting-down`, `unauthorized`, `forbidden`, `rate-limited`, `identity-unavailable` */
async function admit(event: H3Event, route: Route): Promise<void> {
  const { scope = 'invoke' } = route;
  const isPublic = (accessAtOnce(event, route) ?? (await accessFor(event, route))) === 'public';
  if (event.context.isLate && !isPublic)
    throw new Problem('shutting-down', 'This instance is shutting down.', { retryAfterSeconds: 1 });
  if (route.rateLimit !== false) await count(event, costOf(route));
  if (!isPublic && !mayUse(event, scope)) await refuse(event, scope);
}

/** What a request needs a principal for, where nobody has to be asked, as of most: that costs less. */
function accessAtOnce(event: H3Event, { access = 'private' }: Route): Access | undefined {
  if (access === 'public') return access;
  return access === 'private' && !bringsSession(event) ? access : undefined;
}

/** The same of any. One whose token or session is refused has counted as any other. */
async function accessFor(event: H3Event, route: Route): Promise<Access> {
  const { access = 'private' } = route;
  try {
    if (bringsSession(event)) await recognize(event);
    return typeof access === 'string' ? access : await decide(event, access);
  } catch (error) {
    if (route.rateLimit !== false) await count(event, costOf(route));
    throw error;
  }
}

function costOf({ rateLimit }: Route): number {
  return (rateLimit || undefined)?.cost ?? 1;
}

/** Counts a request by whoever makes it, and tells them in the answer. @throws {Problem} `rate-limited` */
export async function count({ context }: H3Event, cost: number): Promise<void> {
  context.answer.add(...(await context.service.rateLimit.consume(context, cost)));
}

function boundBody(event: H3Event, { maxBodyBytes, uploads }: Route): void {
  if (!hasBody(event)) return;
  refuseEncoded(event);
  const { HEADY_MAX_BODY, HEADY_MAX_UPLOAD } = event.context.service.config;
  const maxBytes = maxBodyBytes ?? HEADY_MAX_BODY;
  const takesFile = uploads === 'raw' || isMultipart(event);
  if (uploads) leaveUnread(event, takesFile ? HEADY_MAX_UPLOAD : maxBytes);
  else limitBody(event, maxBytes);
}

function serve(event: H3Event, route: Route): ReturnType<Route> {
  return callsOf(
    () => scopeOf(event),
    () => answerOrUpgrade(route, event),
  );
}

function scopeOf(event: H3Event): CallScope {
  const { service, requestId } = event.context;
  const { python, files } = service;
  return { python, files, requestId, caller: requesterId(event.context), signal: endOfRequest(event) };
}
