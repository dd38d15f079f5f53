import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';

const previousKey = 'the-key-before-this-one-of-thirty-two-chars';
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_API_KEY_PREVIOUS: previousKey },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers });
}

/** All of an answer that does not differ from request to request by nature. */
async function likeness(response: Response): Promise<unknown> {
  const { requestId: _own, ...body } = (await response.json()) as Record<string, unknown>;
  const headers = [...response.headers].filter(
    ([name]) => !['date', 'ratelimit', 'x-request-id'].includes(name),
  );
  return { status: response.status, headers, body };
}

describe('a route that says nothing about access', () => {
  const path = '/api/fixtures/silent';

  it('is private', async () => {
    const response = await get(path);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="heady-manager"');
    expect(await response.json()).toMatchObject({ code: 'unauthorized', status: 401 });
  });

  it.each([
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${apiKey}x` },
    { authorization: `Bearer ${apiKey.slice(0, -1)}` },
    { authorization: `Basic ${apiKey}` },
    { authorization: apiKey },
    { 'x-heady-api-key': 'wrong' },
    { 'x-heady-api-key': '' },
  ])('answers %j exactly as no key', async (headers) => {
    expect(await likeness(await get(path, headers))).toEqual(await likeness(await get(path)));
  });

  it.each([
    { authorization: `Bearer ${apiKey}` },
    { authorization: `bearer ${apiKey}` },
    { 'x-heady-api-key': apiKey },
    { authorization: `Bearer ${previousKey}` },
    { 'x-heady-api-key': previousKey },
  ])('answers the holder of %j', async (headers) => {
    const response = await get(path, headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ secret: true });
  });

  it('is as private to HEAD', async () => {
    expect((await fetch(`${server.url}${path}`, { method: 'HEAD' })).status).toBe(401);
  });
});

it.each(['/api/health', '/api/fixtures/public'])('%s is open to everyone', async (path) => {
  expect((await get(path)).status).toBe(200);
  expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(200);
});
