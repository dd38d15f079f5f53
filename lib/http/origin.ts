import type { H3Event } from 'h3';

import { isOwnOrigin } from '#lib/access';

import { Cors } from './cors.ts';

/**
 * Whether pages of an origin may open a WebSocket: the service's own, and those of `HEADY_CORS_ORIGINS`. Its `*` is for
 * none: cookies go with a WebSocket, wherever the page is from.
 */
export function isAllowedOrigin(origin: string, { req, context }: H3Event): boolean {
  const { corsOrigins, publicUrl } = context.service.config;
  if (isOwnOrigin(origin, { host: req.headers.get('host') ?? undefined, publicUrl })) return true;
  return new Cors(corsOrigins.filter((each) => each !== '*')).allows(origin);
}
