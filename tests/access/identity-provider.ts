import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

const algorithms = ['RS256', 'ES256', 'EdDSA'] as const;
type Algorithm = (typeof algorithms)[number];

/** What it answers when asked for its public keys. */
const answers = {
  keys: (response: ServerResponse, keys: readonly JWK[]) => response.end(JSON.stringify({ keys })),
  nothing: (response: ServerResponse) => response.writeHead(500).end(),
  garbage: (response: ServerResponse) => response.end('<html>'),
  'other JSON': (response: ServerResponse) => response.end('{"keys":"none"}'),
  'broken keys': (response: ServerResponse, keys: readonly JWK[]) =>
    response.end(JSON.stringify({ keys: keys.map((key) => ({ ...key, n: '', x: '' })) })),
  silence: () => undefined,
};

/** What a token says; `undefined` leaves out what it would say. */
export type Claims = { readonly [Name in keyof JWTPayload]?: JWTPayload[Name] | undefined };

/** Signs tokens, and publishes the keys to verify them by (RFC 7517). */
export class IdentityProvider implements Disposable {
  answer: keyof typeof answers = 'keys';
  /** How often its keys were asked for. */
  asked = 0;
  readonly #private = new Map<string, { readonly alg: Algorithm; readonly key: CryptoKey }>();
  readonly #public: JWK[] = [];
  readonly #server = createServer((_request, response) => {
    this.asked += 1;
    answers[this.answer](response, this.#public);
  });

  /** With a key for each algorithm, whose `kid` is the algorithm's name. */
  static async start(): Promise<IdentityProvider> {
    const provider = new IdentityProvider();
    for (const alg of algorithms) await provider.addKey(alg, alg);
    await new Promise<void>((resolve) => {
      provider.#server.listen(0, '127.0.0.1', resolve);
    });
    return provider;
  }

  get jwks(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  async addKey(kid: string, alg: Algorithm): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.#private.set(kid, { alg, key: privateKey });
    this.#public.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
  }

  publicKey(kid: string): JWK {
    const key = this.#public.find((each) => each.kid === kid);
    if (!key) throw new Error(`there is no key ${kid}`);
    return key;
  }

  /** A token for Ann that is good for an hour, but for what is said otherwise. */
  async token(claims: Claims = {}, kid = 'RS256'): Promise<string> {
    const signing = this.#private.get(kid);
    if (!signing) throw new Error(`there is no key ${kid}`);
    return new SignJWT(payload(claims)).setProtectedHeader({ alg: signing.alg, kid }).sign(signing.key);
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Seconds since 1970, so many from now. */
export function fromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

export function payload(claims: Claims = {}): JWTPayload {
  return {
    iss: 'https://identity.example',
    aud: 'shop',
    sub: 'ann',
    exp: fromNow(3600),
    ...claims,
  } as JWTPayload;
}
