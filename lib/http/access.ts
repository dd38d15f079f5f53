import { hash, timingSafeEqual } from 'node:crypto';

import type { H3Event } from 'h3';

import type { Config } from '#lib/config';
import { Problem } from '#lib/problems';

/** Who may call a route: anyone, or the holders of the key. */
export type Access = 'public' | 'private';

/**
 * Refuses a request to a private route without a valid key, given as `Authorization: Bearer …` or `x-heady-api-key`.
 *
 * @throws {Problem} `unauthorized`, the same for no key and a wrong one.
 */
export function authorize(event: H3Event, access: Access): void {
  if (access === 'private') checkKey(event, givenKey(event.req.headers));
}

/** @throws {Problem} `unauthorized`: it is not the key. */
export function checkKey({ context }: H3Event, key: string): void {
  if (isKey(key, context.service.config)) return;
  throw new Problem('unauthorized', 'This endpoint needs the key: `Authorization: Bearer <HEADY_API_KEY>`.', {
    headers: { 'www-authenticate': 'Bearer realm="heady-manager"' },
  });
}

/** Whether a request is to be let in by its session, if it has one: whoever gives a key is judged by that. */
export function givesSession(event: H3Event): boolean {
  return givenKey(event.req.headers) === '' && event.context.service.sessions.isGiven(event);
}

/** Whether a request has a valid key. */
export function holdsKey({ context, req }: H3Event): boolean {
  return isKey(givenKey(req.headers), context.service.config);
}

function isKey(given: string, { apiKey, HEADY_API_KEY_PREVIOUS: previous }: Config): boolean {
  return [apiKey, previous ?? apiKey].map((key) => sameKey(given, key)).includes(true);
}

function givenKey(headers: Headers): string {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '') ?? [];
  return bearer ?? headers.get('x-heady-api-key') ?? '';
}

/** Compares digests, so that the time tells neither the key's length nor how much of it was right. */
function sameKey(given: string, key: string): boolean {
  return timingSafeEqual(digest(given), digest(key));
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
