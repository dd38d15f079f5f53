import type { RouteEntry } from '#lib/openapi';

/** What `routeTable` makes of the project's routes. */
export const routes: readonly RouteEntry[];
