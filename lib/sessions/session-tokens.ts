import { createSecretKey, hkdfSync, type KeyObject, randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';

import type { Config } from '#lib/config';

/** A time of someone at the admin page, from the login to the logout or to its expiry. */
export interface Session {
  readonly id: string;
  /** Name of the key that it was begun with. */
  readonly keyName: string;
  /** Seconds since 1970, as those below. */
  readonly begunAt: number;
  /** When its token was issued. */
  readonly issuedAt: number;
  /** When it ends unless it is used. */
  readonly endsAt: number;
}

/** The keys of the service, of which a session's secret is made. */
export type SessionKeys = Pick<Config, 'apiKey' | 'HEADY_API_KEY_PREVIOUS' | 'HEADY_API_KEYS'>;

const minute = 60;
export const idleSeconds = 30 * minute;
export const absoluteSeconds = 12 * 60 * minute;

const algorithm = 'HS256';
const claims = { issuer: 'heady-manager', audience: 'admin' };

/**
 * Sessions as signed tokens (RFC 7519), so that every instance knows them, and after a restart too. The secret is made
 * of the keys that may begin them: when these change, all sessions are over.
 */
export class SessionTokens {
  readonly #secret: KeyObject;
  readonly #now: () => number;

  /** @param now - in milliseconds. */
  constructor(keys: SessionKeys, now: () => number = Date.now) {
    this.#secret = secretOf(keys);
    this.#now = now;
  }

  /** A session that begins now. */
  begin(keyName: string): Session {
    return this.#issued({ id: randomUUID(), keyName, begunAt: this.seconds });
  }

  /** The session as it is when it is used now. */
  slide(session: Session): Session {
    return this.#issued(session);
  }

  async sign({ id, keyName, begunAt, issuedAt, endsAt }: Session): Promise<string> {
    return new SignJWT({ auth_time: begunAt })
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(claims.issuer)
      .setAudience(claims.audience)
      .setSubject(keyName)
      .setJti(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(endsAt)
      .sign(this.#secret);
  }

  /** The session of a token; undefined where it is over, or the token is none of this service's. */
  async verify(token: string): Promise<Session | undefined> {
    const currentDate = new Date(this.#now());
    const requiredClaims = ['jti', 'sub', 'auth_time', 'iat', 'exp'];
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        ...claims,
        algorithms: [algorithm],
        requiredClaims,
        currentDate,
      });
      const {
        jti: id = '',
        sub: keyName = '',
        auth_time: begunAt,
        iat: issuedAt = 0,
        exp: endsAt = 0,
      } = payload;
      return { id, keyName, begunAt: Number(begunAt), issuedAt, endsAt };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  get seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #issued({ id, keyName, begunAt }: Pick<Session, 'id' | 'keyName' | 'begunAt'>): Session {
    const issuedAt = this.seconds;
    const endsAt = Math.min(issuedAt + idleSeconds, begunAt + absoluteSeconds);
    return { id, keyName, begunAt, issuedAt, endsAt };
  }
}

/** Of the keys that may do all: a session is over when one of these is given up. */
function secretOf({
  apiKey,
  HEADY_API_KEY_PREVIOUS: previous = '',
  HEADY_API_KEYS: further = [],
}: SessionKeys) {
  const digests = further.filter(({ scopes }) => scopes.includes('admin')).map(({ sha256 }) => sha256);
  const keys = JSON.stringify([apiKey, previous, ...digests]);
  return createSecretKey(Buffer.from(hkdfSync('sha256', keys, '', 'heady-manager admin session', 32)));
}
