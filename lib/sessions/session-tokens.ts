import { createSecretKey, hkdfSync, randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';

/** A time of someone at the admin page, from the login to the logout or to its expiry. */
export interface Session {
  readonly id: string;
  /** Seconds since 1970, as those below. */
  readonly begunAt: number;
  /** When its token was issued. */
  readonly issuedAt: number;
  /** When it ends unless it is used. */
  readonly endsAt: number;
}

const minute = 60;
export const idleSeconds = 30 * minute;
export const absoluteSeconds = 12 * 60 * minute;

const algorithm = 'HS256';
const claims = { issuer: 'heady-manager', audience: 'admin' };

/**
 * Sessions as signed tokens (RFC 7519), so that every instance knows them, and after a restart too. The secret is made
 * of the API key: with another key they are all over.
 */
export class SessionTokens {
  readonly #secret;
  readonly #now: () => number;

  /** @param now - in milliseconds. */
  constructor(apiKey: string, now: () => number = Date.now) {
    this.#secret = createSecretKey(
      Buffer.from(hkdfSync('sha256', apiKey, '', 'heady-manager admin session', 32)),
    );
    this.#now = now;
  }

  /** A session that begins now. */
  begin(): Session {
    return this.#issued({ id: randomUUID(), begunAt: this.seconds });
  }

  /** The session as it is when it is used now. */
  slide(session: Session): Session {
    return this.#issued(session);
  }

  async sign({ id, begunAt, issuedAt, endsAt }: Session): Promise<string> {
    return new SignJWT({ auth_time: begunAt })
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(claims.issuer)
      .setAudience(claims.audience)
      .setJti(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(endsAt)
      .sign(this.#secret);
  }

  /** The session of a token; undefined where it is over, or the token is none of this service's. */
  async verify(token: string): Promise<Session | undefined> {
    const currentDate = new Date(this.#now());
    const requiredClaims = ['jti', 'auth_time', 'iat', 'exp'];
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        ...claims,
        algorithms: [algorithm],
        requiredClaims,
        currentDate,
      });
      const { jti: id = '', auth_time: begunAt, iat: issuedAt = 0, exp: endsAt = 0 } = payload;
      return { id, begunAt: Number(begunAt), issuedAt, endsAt };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  get seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #issued({ id, begunAt }: Pick<Session, 'id' | 'begunAt'>): Session {
    const issuedAt = this.seconds;
    return { id, begunAt, issuedAt, endsAt: Math.min(issuedAt + idleSeconds, begunAt + absoluteSeconds) };
  }
}
