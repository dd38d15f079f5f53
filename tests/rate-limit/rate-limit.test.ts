import { hash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer, waitFor } from '../server.ts';

const previous = 'the-key-before-this-one-of-thirty-two-chars';
const own = 'a-key-with-a-limit-of-its-own';
const max = 10;

/** Both fields are lists (RFC 9651) of one quota: a string with two integers, of at most 15 digits each. */
const policyField = /^"([ !#-[\]-~]*)";q=(\d{1,15});w=(\d{1,15})$/;
const limitField = /^"([ !#-[\]-~]*)";r=(\d{1,15});t=(\d{1,15})$/;

interface Told {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** What an answer tells of the quota; undefined where it tells nothing. */
function told({ headers }: Response): Told | undefined {
  const [policy, limit] = [headers.get('ratelimit-policy'), headers.get('ratelimit')];
  if (policy === null && limit === null) return undefined;
  const [, name, quota, window] = policyField.exec(policy ?? '') ?? [];
  const [, same, remaining, reset] = limitField.exec(limit ?? '') ?? [];
  if (name === undefined || name !== same) throw new Error(`no fields of a quota: ${policy} ${limit}`);
  return {
    name,
    quota: Number(quota),
    windowSeconds: Number(window),
    remaining: Number(remaining),
    resetSeconds: Number(reset),
  };
}

describe('within a window that does not end', () => {
  let server: TestServer;
  let next = 0;

  beforeAll(async () => {
    const entry = {
      name: 'own',
      sha256: hash('sha256', own),
      scopes: ['read'],
      rateLimit: { max: 3, window: '1h' },
    };
    server = await TestServer.start({
      root: inject('root'),
      env: {
        HEADY_RATE_LIMIT_MAX: String(max),
        HEADY_RATE_LIMIT_WINDOW: '1h',
        HEADY_API_KEY_PREVIOUS: previous,
        HEADY_API_KEYS: JSON.stringify([entry]),
        HEADY_TRUST_PROXY: '1',
      },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A client that nobody else is. */
  const anyone = () => `198.51.100.${(next += 1)}`;

  async function ask(path: string, client: string, key?: string): Promise<Response> {
    const headers = {
      'x-forwarded-for': client,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    return fetch(`${server.url}${path}`, { headers });
  }

  /** Uses up a client's quota. */
  async function useUp(client: string, times = max): Promise<void> {
    for (let count = 0; count < times; count += 1) await ask('/api/fixtures/public', client);
  }

  const statusOf = async (client: string, path = '/api/fixtures/public', key?: string) =>
    (await ask(path, client, key)).status;

  it('each answer tells how much is left, and the last one when there is more', async () => {
    const client = anyone();
    for (let left = max - 1; left >= 0; left -= 1) {
      const response = await ask('/api/fixtures/public', client);
      expect([response.status, told(response)]).toMatchObject([
        200,
        { name: 'default', quota: max, windowSeconds: 3600, remaining: left },
      ]);
    }
    for (let count = 0; count < 2; count += 1) {
      const refused = await ask('/api/fixtures/public', client);
      expect(refused.status).toBe(429);
      expect(told(refused)).toMatchObject({ name: 'default', remaining: 0 });
      expect(Number(refused.headers.get('retry-after'))).toBe(told(refused)?.resetSeconds);
      expect(told(refused)?.resetSeconds).toBeGreaterThan(3000);
      expect(await refused.json()).toMatchObject({ code: 'rate-limited', limit: String(max) });
    }
  });

  it('a client is counted by its address, whatever it says that this is', async () => {
    const client = anyone();
    for (let count = 0; count < max; count += 1) await statusOf(`9.9.9.${count}, ${client}`);
    expect(await statusOf(`9.9.9.99, ${client}`)).toBe(429);
    expect(await statusOf(`${client}, ${anyone()}`)).toBe(200);
  });

  it('a client is counted by the /64 of its IPv6 address, and by IPv4 however that is written', async () => {
    for (let count = 0; count < max; count += 1) await statusOf(`2001:db8:0:7::${count}`);
    expect(await statusOf('2001:0DB8::7:ffff:0:0:1')).toBe(429);
    expect(await statusOf('2001:db8:0:8::1')).toBe(200);
    const client = anyone();
    await useUp(`::ffff:${client}`);
    expect(await statusOf(client)).toBe(429);
    expect(await statusOf(`::ffff:${anyone()}`)).toBe(200);
  });

  it('a key is counted by itself, from wherever it comes, and another one is not', async () => {
    const client = anyone();
    await useUp(client);
    expect(await statusOf(client, '/api/fixtures/silent', apiKey)).toBe(200);
    for (let count = 1; count < max; count += 1) await statusOf(anyone(), '/api/fixtures/silent', apiKey);
    expect(await statusOf(anyone(), '/api/fixtures/silent', apiKey)).toBe(429);
    expect(await statusOf(anyone(), '/api/fixtures/silent', previous)).toBe(200);
  });

  it('a key may have a limit of its own', async () => {
    const first = await ask('/api/workers/x', anyone(), own);
    expect([first.status, told(first)]).toMatchObject([404, { name: 'own', quota: 3, remaining: 2 }]);
    await ask('/nowhere', anyone(), own);
    await ask('/nowhere', anyone(), own);
    const refused = await ask('/api/workers', anyone(), own);
    expect([refused.status, told(refused)]).toMatchObject([429, { name: 'own', quota: 3, remaining: 0 }]);
  });

  it('a route may count for several', async () => {
    const client = anyone();
    expect(told(await ask('/api/fixtures/costly', client))?.remaining).toBe(max - 5);
    await useUp(client, 3);
    expect(await statusOf(client, '/api/fixtures/costly')).toBe(429);
  });

  it('requests for nothing that there is, and without a key, count as any other', async () => {
    const client = anyone();
    const paths = ['/nowhere', '/api/fixtures/silent', '/api/files/x', '/api/fixtures/public/'];
    for (let count = 0; count < max; count += 1) await ask(paths[count % 4] ?? '', client);
    for (const path of paths) expect([path, await statusOf(client, path)]).toEqual([path, 429]);
  });

  it('health and metrics are told whatever has been used', async () => {
    const client = anyone();
    await useUp(client, max + 2);
    const health = await ask('/api/health', client);
    expect([health.status, told(health)]).toEqual([200, undefined]);
    expect(await statusOf(client, '/metrics', previous)).toBe(200);
    expect(await statusOf(client, '/api/healthy')).toBe(429);
  });
});

it('behind two proxies the client is the second from the right', async () => {
  await using server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_RATE_LIMIT_MAX: '2', HEADY_RATE_LIMIT_WINDOW: '1h', HEADY_TRUST_PROXY: '2' },
  });
  const statusOf = async (forwarded: string) =>
    (await fetch(`${server.url}/nowhere`, { headers: { 'x-forwarded-for': forwarded } })).status;
  const statuses = [];
  for (const spoofed of ['1.1.1.1', '2.2.2.2', '3.3.3.3'])
    statuses.push(await statusOf(`${spoofed}, 203.0.113.1, 10.0.0.1`));
  expect(statuses).toEqual([404, 404, 429]);
  expect(await statusOf('203.0.113.1, 203.0.113.2, 10.0.0.1')).toBe(404);
});

it('after a window everybody has a new quota', async () => {
  await using server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_RATE_LIMIT_MAX: '2', HEADY_RATE_LIMIT_WINDOW: '2s' },
  });
  const ask = async () => fetch(`${server.url}/api/fixtures/public`);
  await waitFor(async () => (await ask()).status === 429 || undefined);
  const served = await waitFor(async () => {
    const response = await ask();
    return response.ok ? response : undefined;
  });
  expect(told(served)).toMatchObject({ quota: 2, windowSeconds: 2, remaining: 1 });
});
