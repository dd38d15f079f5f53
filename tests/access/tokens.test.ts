import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer, waitFor } from '../server.ts';
import { fromNow, IdentityProvider, payload } from './identity-provider.ts';

let provider: IdentityProvider;
let server: TestServer;

beforeAll(async () => {
  provider = await IdentityProvider.start();
  server = await TestServer.start({
    root: inject('root'),
    env: { TEST_JWKS: provider.jwks, HEADY_RATE_LIMIT_MAX: '200', HEADY_RATE_LIMIT_WINDOW: '10m' },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  provider[Symbol.dispose]();
});

const path = '/api/fixtures/token';

async function ask(token: string | undefined, to = server): Promise<Response> {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  return fetch(`${to.url}${path}`, headers && { headers });
}

async function statusOf(token: string, to = server): Promise<number> {
  return (await ask(token, to)).status;
}

/** A service whose identity provider is its own. */
async function alone(root: string, jwks: string): Promise<TestServer> {
  return TestServer.start({ root, env: { TEST_JWKS: jwks } });
}

describe('a token', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('signed by %s is good', async (algorithm) => {
    const response = await ask(await provider.token({ role: 'owner' }, algorithm));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { kind: 'jwt', name: 'ann', claims: { sub: 'ann', role: 'owner', aud: 'shop' } },
    ]);
  });

  it.each([
    ['has expired within the skew', { exp: fromNow(-5) }],
    ['begins within the skew', { nbf: fromNow(10) }],
    ['is for several', { aud: ['other', 'shop'] }],
  ])('that %s is good', async (_, claims) => {
    expect(await statusOf(await provider.token(claims))).toBe(200);
  });

  it.each([
    ['has expired', { exp: fromNow(-120) }],
    ['never expires', { exp: undefined }],
    ['is not good yet', { nbf: fromNow(600) }],
    ['has another issuer', { iss: 'https://identity.example.org' }],
    ['has no issuer', { iss: undefined }],
    ['is for somebody else', { aud: 'other' }],
    ['is for nobody', { aud: undefined }],
    ['has no subject', { sub: undefined }],
  ])('that %s is refused', async (_, claims) => {
    const response = await ask(await provider.token(claims));
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthorized' }]);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="heady-manager", error="invalid_token"',
    );
  });

  it('that nobody has signed is refused', async () => {
    const unsecured = new UnsecuredJWT(payload()).encode();
    expect(await statusOf(unsecured)).toBe(401);
    const [, body, signature] = (await provider.token()).split('.');
    const none = Buffer.from('{"alg":"none","kid":"RS256"}').toString('base64url');
    expect(await statusOf(`${none}.${body}.`)).toBe(401);
    expect(await statusOf(`${none}.${body}.${signature}`)).toBe(401);
  });

  it('that is signed by the public key as by a shared secret is refused', async () => {
    const key = (await importJWK(provider.publicKey('RS256'), 'RS256', { extractable: true })) as CryptoKey;
    const forged = new SignJWT(payload()).setProtectedHeader({ alg: 'HS256', kid: 'RS256' });
    expect(await statusOf(await forged.sign(Buffer.from(await exportSPKI(key))))).toBe(401);
  });

  it('that brings its own key is refused', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const jwk = provider.publicKey('ES256');
    const forged = new SignJWT(payload()).setProtectedHeader({ alg: 'ES256', kid: 'ES256', jwk });
    expect(await statusOf(await forged.sign(privateKey))).toBe(401);
  });

  it('that has been changed, or is none, is refused', async () => {
    const [head, , signature] = (await provider.token()).split('.');
    const other = Buffer.from(JSON.stringify(payload({ sub: 'root' }))).toString('base64url');
    for (const token of [`${head}.${other}.${signature}`, 'x', 'a.b.c', '..', `${head}.${other}`])
      expect([token, await statusOf(token)]).toEqual([token, 401]);
  });

  it('is needed, or a key with the scope', async () => {
    expect((await ask(undefined)).status).toBe(401);
    const response = await ask(apiKey);
    expect([response.status, await response.json()]).toMatchObject([200, { kind: 'key', name: 'primary' }]);
  });

  it('opens no other route, whatever it says of itself', async () => {
    const token = await provider.token({ scope: 'admin', scopes: ['admin'], role: 'admin' });
    const headers = { authorization: `Bearer ${token}` };
    for (const other of ['/api/files', '/api/workers', '/metrics', '/api/fixtures/silent'])
      expect((await fetch(`${server.url}${other}`, { headers })).status).toBe(401);
  });
});

describe('who has it', () => {
  it('is known to a Python function', async () => {
    const token = await provider.token({ sub: 'bob', seat: { row: 7 } });
    const response = await fetch(`${server.url}/api/fixtures/token-call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { kind: 'jwt', name: 'bob', claims: { seat: { row: 7 } }, address: '127.0.0.1' },
    ]);
  });

  it('is in the log, without the token', async () => {
    const token = await provider.token({ sub: 'carol' });
    const id = (await ask(token)).headers.get('x-request-id');
    const line = await server.line(({ message, requestId }) => message === 'request' && requestId === id);
    expect(line.principal).toBe('jwt:https://identity.example:carol');
    expect(server.output).not.toContain(token);
  });

  it('is whose requests are counted', async () => {
    const left = async (sub: string) => {
      const { headers } = await ask(await provider.token({ sub }));
      return /;r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
    };
    expect([await left('dave'), await left('dave'), await left('erin')]).toEqual(['199', '198', '199']);
  });
});

describe('the rate limit of an address', () => {
  const limited = async () =>
    TestServer.start({
      root: inject('root'),
      env: { TEST_JWKS: provider.jwks, HEADY_RATE_LIMIT_MAX: '5', HEADY_RATE_LIMIT_WINDOW: '1h' },
    });

  it('has tokens counted that are refused', async () => {
    await using service = await limited();
    const statuses = [];
    for (let sent = 0; sent < 7; sent += 1) statuses.push(await statusOf('a.b.c', service));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });

  it('is nothing to a token that is good', async () => {
    await using service = await limited();
    for (let sent = 0; sent < 7; sent += 1) await ask(undefined, service);
    expect((await ask(undefined, service)).status).toBe(429);
    expect(await statusOf(await provider.token(), service)).toBe(200);
  });
});

describe('the keys of an identity provider', () => {
  it('are asked for once, and again for a token that is signed by a new one', async () => {
    using own = await IdentityProvider.start();
    await using service = await alone(inject('root'), own.jwks);
    for (let round = 0; round < 5; round += 1) expect(await statusOf(await own.token(), service)).toBe(200);
    expect(own.asked).toBe(1);
    await own.addKey('next', 'ES256');
    const rotated = await own.token({}, 'next');
    await waitFor(async () => (await statusOf(rotated, service)) === 200 || undefined, 20_000);
    expect(await statusOf(await own.token(), service)).toBe(200);
    expect(own.asked).toBe(2);
  });

  it('are not asked for at each token that is signed by none of them', async () => {
    using other = await IdentityProvider.start();
    await other.addKey('unknown', 'ES256');
    const token = await other.token({}, 'unknown');
    const before = provider.asked;
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => statusOf(token)));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(provider.asked - before).toBeLessThan(10);
  });

  it('are used while it is down', async () => {
    using own = await IdentityProvider.start();
    await using service = await alone(inject('root'), own.jwks);
    expect(await statusOf(await own.token(), service)).toBe(200);
    own.answer = 'nothing';
    expect(await statusOf(await own.token({}, 'ES256'), service)).toBe(200);
    own[Symbol.dispose]();
    expect(await statusOf(await own.token({}, 'EdDSA'), service)).toBe(200);
  });

  it.each(['nothing', 'garbage', 'other JSON', 'silence'] as const)(
    'are not to be had where it answers %s, until it does',
    async (answer) => {
      using own = await IdentityProvider.start();
      await using service = await alone(inject('root'), own.jwks);
      own.answer = answer;
      const response = await ask(await own.token(), service);
      expect([response.status, await response.json()]).toMatchObject([503, { code: 'identity-unavailable' }]);
      expect(response.headers.get('retry-after')).toBe('5');
      expect((await ask(undefined, service)).status).toBe(401);
      expect(await statusOf(apiKey, service)).toBe(200);
      own.answer = 'keys';
      const token = await own.token();
      await waitFor(async () => (await statusOf(token, service)) === 200 || undefined, 20_000);
    },
    60_000,
  );
});

describe('keys that are broken', () => {
  it('are as if there were none', async () => {
    using own = await IdentityProvider.start();
    await using service = await alone(inject('root'), own.jwks);
    own.answer = 'broken keys';
    const response = await ask(await own.token(), service);
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'identity-unavailable' }]);
  });
});

describe('a visitor whom a route’s own function lets in', () => {
  const visit = async (name?: string) =>
    fetch(`${server.url}/api/fixtures/visitor`, {
      headers: name === undefined ? {} : { 'x-visitor': name },
    });

  it('is its principal, in the log too', async () => {
    const response = await visit('zoe');
    expect(await response.json()).toEqual({ kind: 'custom', name: 'zoe', claims: { seat: 7 } });
    const id = response.headers.get('x-request-id');
    const line = await server.line(({ message, requestId }) => message === 'request' && requestId === id);
    expect(line.principal).toBe('custom:zoe');
    expect(response.headers.get('ratelimit')).toContain('r=199');
  });

  it('may be anybody, or nobody', async () => {
    expect(await (await visit('everybody')).json()).toEqual({});
    expect((await visit()).status).toBe(401);
  });
});
