import { hash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';

const previous = 'the-key-before-this-one-of-thirty-two-chars';
const scoped = 'a-key-of-the-continuous-integration';
let server: TestServer;

beforeAll(async () => {
  const entry = { name: 'ci', sha256: hash('sha256', scoped), scopes: ['read'] };
  server = await TestServer.start({
    root: inject('root'),
    env: {
      HEADY_API_KEY_PREVIOUS: previous,
      HEADY_API_KEYS: JSON.stringify([entry]),
      HEADY_TRUST_PROXY: '1',
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function ask(path: string, key: string | undefined, client = '203.0.113.1'): Promise<Response> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(`${server.url}${path}`, { headers: { 'x-forwarded-for': client, ...authorization } });
}

describe('the log', () => {
  it.each([
    ['the key', apiKey, 'key:primary'],
    ['the previous one', previous, 'key:previous'],
    ['a scoped one', scoped, 'key:ci'],
    ['none', undefined, undefined],
  ])('tells by which key a request came: %s', async (_, key, principal) => {
    const id = (await ask('/metrics', key)).headers.get('x-request-id');
    const line = await server.line(({ message, requestId }) => message === 'request' && requestId === id);
    expect(line.principal).toBe(principal);
  });

  it('has no key in it, wherever that was sent', async () => {
    const made = `heady_${'aB3-'.repeat(10)}xyz`;
    for (const key of [apiKey, previous, made]) {
      await ask(`/api/${key}?key=${key}`, undefined);
      const headers = { 'x-request-id': key, 'cf-ray': key, 'user-agent': key };
      const response = await fetch(`${server.url}/api/health`, { headers });
      expect([...response.headers.values()].join(' ')).not.toContain(key);
      await server.line(({ path, cfRay }) => path === '/api/health' && cfRay !== undefined);
      expect(server.output).not.toContain(key);
    }
  });
});

describe('wrong keys', () => {
  it('are logged, and refused for a while when there are many; the right one is not', async () => {
    const client = '203.0.113.40';
    const statuses = await Promise.all(
      Array.from(
        { length: 40 },
        async (_, index) => (await ask('/metrics', `guess-${index}`, client)).status,
      ),
    );
    expect(statuses.filter((status) => status === 401).length).toBe(30);
    expect(statuses.filter((status) => status === 429).length).toBe(10);
    const refused = await ask('/metrics', 'one-more', client);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('/metrics', apiKey, client)).status).toBe(200);
    expect((await ask('/metrics', undefined, client)).status).toBe(401);
    expect((await ask('/metrics', 'guess', '203.0.113.41')).status).toBe(401);
    const told = server.lines.filter((line) => line.message === 'a wrong key' && line.client === client);
    expect(told.length).toBe(41);
    expect(server.output).not.toContain('guess-');
  });

  it('from one IPv6 network are from one client', async () => {
    const from = (index: number) => `2001:db8:1:2:${index.toString(16)}::1`;
    await Promise.all(Array.from({ length: 31 }, async (_, index) => ask('/metrics', 'guess', from(index))));
    expect((await ask('/metrics', 'guess', from(99))).status).toBe(429);
    expect((await ask('/metrics', 'guess', '2001:db8:1:3::1')).status).toBe(401);
  });

  it('are nobody’s failure where no key is needed', async () => {
    const client = '203.0.113.50';
    for (let index = 0; index < 40; index += 1)
      expect((await ask('/api/fixtures/public', 'guess', client)).status).toBe(200);
    expect((await ask('/metrics', 'guess', client)).status).toBe(401);
  });
});
