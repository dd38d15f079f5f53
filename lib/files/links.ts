import { createHmac, timingSafeEqual } from 'node:crypto';

import type { H3Event } from 'h3';

import type { Config } from '#lib/config';
import { type Access, pathParams } from '#lib/http';
import { Problem } from '#lib/problems';
import { type ObjectKey, parseKey } from '#storage';

import { missing } from './get-file.ts';
import { pathOf } from './path.ts';

/** Which file may be read without the key, and until when. */
interface Grant {
  readonly key: ObjectKey;
  /** Seconds since 1970. */
  readonly expires: number;
}

/**
 * An address under which anybody can read a file for so many seconds: absolute where the service's own address is
 * configured. It ends earlier where the key of the service is replaced and the old one is no longer accepted.
 *
 * @throws {Problem} `not-found`
 */
export async function makeLink(event: H3Event, name: string, seconds: number) {
  const { config, files } = event.context.service;
  const key = parseKey(name);
  const found = await files.find(key);
  if (!found) throw missing(key);
  const expires = Math.floor(Date.now() / 1000) + seconds;
  const signature = signatureOf({ key, expires }, config.apiKey).toString('base64url');
  const url = `${config.publicUrl ?? ''}${pathOf(key)}?expires=${expires}&signature=${signature}`;
  return { url, expiresAt: new Date(expires * 1000).toISOString(), durability: found.mount.durability };
}

/**
 * Who may make a request without the key: anybody who has a link that is still good.
 *
 * @throws {Problem} `forbidden`: the link is no longer good.
 */
export async function linkAccess(event: H3Event): Promise<Access> {
  const { searchParams } = event.url;
  const signature = searchParams.get('signature');
  const expires = Number(searchParams.get('expires'));
  if (signature === null || !Number.isSafeInteger(expires)) return 'private';
  const key = parseKey(Object.fromEntries(pathParams(event)).key ?? '');
  if (!isSigned(signature, { key, expires }, event.context.service.config)) return 'private';
  if (expires * 1000 > Date.now()) return 'public';
  throw new Problem('forbidden', `This link was good until ${new Date(expires * 1000).toISOString()}.`);
}

function isSigned(
  signature: string,
  grant: Grant,
  { apiKey, HEADY_API_KEY_PREVIOUS: previous }: Config,
): boolean {
  const given = Buffer.from(signature, 'base64url');
  return [apiKey, previous ?? apiKey]
    .map((key) => signatureOf(grant, key))
    .some((right) => right.byteLength === given.byteLength && timingSafeEqual(right, given));
}

/** HMAC-SHA256 (RFC 2104), of a text that nothing else is signed by this key as. */
function signatureOf({ key, expires }: Grant, secret: string): Buffer {
  return createHmac('sha256', secret).update(`GET /api/files\n${expires}\n${key}`).digest();
}
