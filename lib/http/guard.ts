import { defineHandler, type EventHandler } from 'h3';

import { Problem } from '#lib/problems';

import { type Access, authorize } from './access.ts';
import { limitBody } from './body.ts';

/** A route as its file exports it: a handler that may say who may call it and how much it reads. */
export type Route = EventHandler & { readonly access?: Access; readonly maxBodyBytes?: number };

/**
 * Puts a route behind what holds for every request: no new work while draining, the key, the body limit. The build
 * wraps the default export of every file under `routes/` in it, so a route that says nothing is private.
 */
export function guard(route: Route): EventHandler {
  return defineHandler((event) => {
    const { service } = event.context;
    if (service.state === 'draining' && route.access !== 'public')
      throw new Problem('shutting-down', 'This instance is shutting down.', { retryAfterSeconds: 1 });
    authorize(event, route.access ?? 'private');
    limitBody(event, route.maxBodyBytes ?? service.config.HEADY_MAX_BODY);
    return route(event);
  });
}
