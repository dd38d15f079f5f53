import { hash, timingSafeEqual } from 'node:crypto';

import type { Config, Scope } from '#lib/config';

import type { Principal } from './principal.ts';

/** When a key was last used, and how often since the start. */
export interface KeyUse {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly requests: number;
  readonly lastUsedAt: string | null;
}

interface Key {
  readonly principal: Principal;
  readonly digest: Buffer;
  requests: number;
  lastUsedMs: number | undefined;
}

/**
 * The keys that the service accepts: `primary` and `previous` for everything, and those of `HEADY_API_KEYS`. A key is
 * compared by its SHA-256: it is random and long, so a slow hash would protect nothing that is not protected already.
 */
export class Keyring {
  readonly #keys: readonly Key[];
  /**
   * Keys that have come, so that each is hashed once. A map looks for a text by a hash with a seed of this process, so the
   * time that it takes for another one tells nothing of those that are in it.
   */
  readonly #found = new Map<string, Key>();

  constructor({ apiKey, HEADY_API_KEY_PREVIOUS: previous, HEADY_API_KEYS: further = [] }: Config) {
    this.#keys = [
      newKey('primary', ['admin'], digestOf(apiKey)),
      ...(previous === undefined ? [] : [newKey('previous', ['admin'], digestOf(previous))]),
      ...further.map(({ name, scopes, sha256 }) => newKey(name, scopes, Buffer.from(sha256, 'hex'))),
    ];
  }

  /** Whose key it is. Takes as long for any key that is none. */
  find(given: string): Principal | undefined {
    const key = this.#found.get(given) ?? this.#compare(given);
    if (!key) return undefined;
    key.requests += 1;
    key.lastUsedMs = Date.now();
    return key.principal;
  }

  #compare(given: string): Key | undefined {
    const digest = digestOf(given);
    let found: Key | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found ??= key;
    if (found) this.#found.set(given, found);
    return found;
  }

  /** How each key has been used: one that is not, any more, can be given up. */
  get uses(): KeyUse[] {
    return this.#keys.map(({ principal: { name, scopes }, requests, lastUsedMs }) => ({
      name,
      scopes: [...scopes],
      requests,
      lastUsedAt: lastUsedMs === undefined ? null : new Date(lastUsedMs).toISOString(),
    }));
  }
}

/** The key that a request gives: `Authorization: Bearer …` (RFC 6750), else `x-heady-api-key`. */
export function givenKey(headers: {
  readonly authorization?: string | undefined;
  readonly 'x-heady-api-key'?: string | string[] | undefined;
}): string | undefined {
  const { authorization, 'x-heady-api-key': plain } = headers;
  const [, bearer] = (authorization && /^Bearer +(\S+) *$/i.exec(authorization)) || [];
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : undefined);
}

function newKey(name: string, scopes: readonly Scope[], digest: Buffer): Key {
  const principal: Principal = { kind: 'key', name, scopes: new Set(scopes), id: `key:${name}` };
  return { principal, digest, requests: 0, lastUsedMs: undefined };
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
