import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

import { Problem } from '#lib/problems';

import type { Principal } from './principal.ts';

/** Whose tokens (RFC 7519) a route takes: those that an identity provider has signed for its users. */
export interface TokenAccess {
  /** Address of the keys that it signs with (RFC 7517, 5). They are cached, and asked for again when one is unknown. */
  readonly jwks: string;
  /** What `iss` has to be. */
  readonly issuer: string | string[];
  /** What `aud` has to have in it. */
  readonly audience: string | string[];
}

/** Signatures by a public key alone: with a shared secret, whoever can verify can sign. */
const algorithms = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];
const clockToleranceSeconds = 30;
const fetchTimeoutMs = 5000;
/** Between two questions for keys that are not known: jose's own half a minute is long for users right after a rotation. */
const cooldownMs = 5000;

/** Verifies tokens; holds the keys of those who sign them. */
export class Tokens {
  readonly #keys = new Map<string, JWTVerifyGetKey>();

  /**
   * Whose token it is.
   *
   * @throws {Problem} `unauthorized` for one that is not good here, `identity-unavailable` where the keys are not to be had.
   */
  async verify(token: string, { jwks, issuer, audience }: TokenAccess): Promise<Principal> {
    try {
      const { payload } = await jwtVerify(token, this.#keysAt(jwks), {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
      });
      const { iss = '', sub = '' } = payload;
      return { kind: 'jwt', name: sub, scopes: new Set(), claims: payload, id: `jwt:${iss}:${sub}` };
    } catch (error) {
      throw refusal(error, jwks);
    }
  }

  #keysAt(address: string): JWTVerifyGetKey {
    const known = this.#keys.get(address);
    if (known) return known;
    const keys = createRemoteJWKSet(new URL(address), {
      timeoutDuration: fetchTimeoutMs,
      cooldownDuration: cooldownMs,
    });
    this.#keys.set(address, keys);
    return keys;
  }
}

/** The field's words for it are in `WWW-Authenticate` (RFC 6750, 3.1). */
function refusal(error: unknown, jwks: string): Problem {
  if (isOfToken(error))
    return new Problem('unauthorized', `The token is not valid here: ${(error as Error).message}.`, {
      headers: { 'www-authenticate': 'Bearer realm="heady-manager", error="invalid_token"' },
    });
  return new Problem(
    'identity-unavailable',
    `The keys of ${jwks}, which tokens are signed with, are not to be had: ${(error as Error).message}.`,
    { retryAfterSeconds: 5, cause: error },
  );
}

/** Any other failure is one of fetching the keys. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
