import type { H3Event } from 'h3';

import { Cors } from './cors.ts';

/**
 * Whether pages of an origin may open a WebSocket: the service's own, and those of `HEADY_CORS_ORIGINS`. Its `*` is for
 * none: cookies go with a WebSocket, wherever the page is from.
 */
export function isAllowedOrigin(origin: string, event: H3Event): boolean {
  const { corsOrigins } = event.context.service.config;
  return isOwn(origin, event) || new Cors(corsOrigins.filter((each) => each !== '*')).allows(origin);
}

function isOwn(origin: string, { req, context }: H3Event): boolean {
  if (!URL.canParse(origin)) return false; // such as `null`, of a sandboxed page
  const { publicUrl } = context.service.config;
  if (publicUrl !== undefined) return new URL(publicUrl).origin === origin;
  const own = `${new URL(origin).protocol}//${req.headers.get('host')}`; // by which scheme, a proxy alone knows
  return URL.canParse(own) && new URL(own).origin === origin;
}
