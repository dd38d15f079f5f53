import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { copyProject, type Project } from '../project.ts';
import { apiKey, TestServer } from '../server.ts';
import { ask } from './request.ts';

const key = { authorization: `Bearer ${apiKey}` };
const path = '/api/fixtures/public';

async function serve(origins: string | undefined, env = {}): Promise<TestServer> {
  return TestServer.start({ root: inject('root'), env: { HEADY_CORS_ORIGINS: origins, ...env } });
}

/** The fields of an answer that are for browsers. */
function corsOf({ headers }: Awaited<ReturnType<typeof ask>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );
}

describe('with origins', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serve(
      'https://app.example.org, https://*.example.com,http://localhost:5173/,HTTPS://UPPER.example.net',
      { HEADY_RATE_LIMIT_MAX: '200', HEADY_RATE_LIMIT_WINDOW: '1h', HEADY_TRUST_PROXY: '1' },
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    'https://app.example.org',
    'https://a.example.com',
    'https://a.b-c.example.com',
    'http://localhost:5173',
    'https://upper.example.net',
  ])('%s is one of them', async (origin) => {
    const answered = await ask(server.url + path, { headers: { origin } });
    expect(corsOf(answered)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': expect.stringContaining('x-request-id'),
      vary: 'Origin',
    });
  });

  it.each([
    'https://example.com',
    'https://evil-example.com',
    'https://a.example.com.evil.org',
    'https://a.example.com:8443',
    'https://.example.com',
    'https://evil.org/.example.com',
    'https://evil.org#.example.com',
    'https://a_b@example.com',
    'http://a.example.com',
    'https://axexample.com',
    'https://app.example.org.',
    'https://app.example.org:443',
    'https://appXexample.org',
    'http://app.example.org',
    'http://localhost',
    'http://localhost:51730',
    'null',
    '*',
    'https://app.example.org, https://evil.org',
  ])('%s is none of them', async (origin) => {
    const answered = await ask(server.url + path, { headers: { origin } });
    expect([answered.status, corsOf(answered)]).toEqual([200, { vary: 'Origin' }]);
    const preflight = await ask(server.url + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, JSON.parse(preflight.body)]).toMatchObject([403, { code: 'forbidden' }]);
    expect(corsOf(preflight)).toEqual({ vary: 'Origin' });
  });

  it('a preflight is answered without the key, and need not be asked again', async () => {
    for (const each of ['/api/files/x', '/api/fixtures/silent', '/api/uploads', '/nowhere']) {
      const preflight = await ask(server.url + each, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://a.example.com',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization,x-own',
        },
      });
      expect([each, preflight.status, preflight.body]).toEqual([each, 204, '']);
      const fields = corsOf(preflight);
      expect(fields).toMatchObject({
        'access-control-allow-origin': 'https://a.example.com',
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'authorization,x-own',
        'access-control-max-age': '7200',
      });
      expect(fields['access-control-allow-methods']).toMatch(/\bPUT\b/);
      expect(fields.vary).toBe('Origin, Access-Control-Request-Headers');
    }
  });

  it.each([
    ['an answer', '/api/fixtures/silent', 200, key],
    ['no key', '/api/fixtures/silent', 401, {}],
    ['a wrong key', '/api/fixtures/silent', 401, { authorization: 'Bearer wrong' }],
    ['nothing there', '/nowhere', 404, key],
    ['a fault', '/api/fixtures/throws', 500, key],
    ['a stream', '/api/fixtures/stream', 200, key],
    ['a long URL', `/nowhere?${'x'.repeat(9000)}`, 414, key],
    ['OpenAI’s errors', '/v1/models', 401, {}],
  ])('a script may read %s', async (_, each, status, headers) => {
    const origin = 'https://app.example.org';
    const answered = await ask(server.url + each, { headers: { origin, ...headers } });
    expect(answered.status).toBe(status);
    expect(corsOf(answered)).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    expect(corsOf(await ask(server.url + each, { headers }))).toEqual({ vary: 'Origin' });
  });

  it('a script may read that it is one too many', async () => {
    const headers = { origin: 'https://app.example.org', 'x-forwarded-for': '203.0.113.9' };
    let answered = await ask(server.url + path, { headers });
    while (answered.status === 200) answered = await ask(server.url + path, { headers });
    for (const refused of [answered, await ask(server.url + path, { headers })]) {
      expect(refused.status).toBe(429);
      expect(corsOf(refused)).toMatchObject({
        'access-control-allow-origin': headers.origin,
        vary: 'Origin',
      });
      expect(refused.headers['access-control-expose-headers']).toMatch(/\bretry-after\b/);
    }
  });

  it('what a route varies by is added to', async () => {
    const answered = await ask(`${server.url}/api/fixtures/framed`);
    expect(answered.headers.vary?.toLowerCase().split(', ').toSorted()).toEqual(['accept', 'origin']);
  });
});

describe('with all origins', () => {
  it('credentials are never allowed', async () => {
    await using server = await serve('*');
    for (const origin of ['https://evil.org', 'null'])
      for (const method of ['GET', 'OPTIONS']) {
        const headers = { origin, 'access-control-request-method': 'GET' };
        const fields = corsOf(await ask(server.url + path, { method, headers }));
        expect(fields).toMatchObject({ 'access-control-allow-origin': '*' });
        expect(fields).not.toHaveProperty('access-control-allow-credentials');
      }
  });
});

describe('with none, as in production', () => {
  it('nothing is said of it, and a preflight is refused', async () => {
    await using server = await serve(undefined, {
      NODE_ENV: 'production',
      HEADY_API_KEY: 'Zk3v9Qw7Lp2Xr8Tn5Bm1Hs6Dj4Fy0Gc-uEaO',
      HEADY_HF_MOCK: '1',
    });
    const headers = { origin: 'https://app.example.org', 'access-control-request-method': 'GET' };
    const answered = await ask(server.url + path, { headers });
    expect([answered.status, corsOf(answered)]).toEqual([200, {}]);
    const preflight = await ask(server.url + path, { method: 'OPTIONS', headers });
    expect([preflight.status, corsOf(preflight)]).toEqual([403, {}]);
  });
});

describe('an address of the service itself', () => {
  let project: Project;
  beforeAll(() => {
    project = copyProject(inject('root'));
    const workers = join(project.root, 'workers');
    for (const name of readdirSync(workers)) if (name.endsWith('.py')) rmSync(join(workers, name)); // to load all takes long
  });
  afterAll(() => project[Symbol.dispose]());

  const forged = {
    ...key,
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    forwarded: 'host=evil.example',
    'content-type': 'application/json',
  };
  const upload = { ...forged, 'tus-resumable': '1.0.0', 'upload-length': '3' };

  it.each([
    ['https://api.example.com', {}, 'https://api.example.com/api/'],
    [
      'the one that Render gives',
      { RENDER_EXTERNAL_URL: 'https://x.onrender.com' },
      'https://x.onrender.com/api/',
    ],
    ['none', {}, '/api/'],
  ])('is what the configuration says, never what a client says: %s', async (url, env, start) => {
    const publicUrl = url.startsWith('https:') ? { HEADY_PUBLIC_URL: url } : {};
    await using server = await TestServer.start({ root: project.root, env: { ...env, ...publicUrl } });
    await server.fetch('/api/files/tea.txt', { method: 'PUT', body: 'tea' });
    const link = await ask(`${server.url}/api/links`, {
      method: 'POST',
      headers: forged,
      body: '{"key":"tea.txt"}',
    });
    expect(JSON.parse(link.body)).toMatchObject({
      url: expect.stringMatching(new RegExp(`^${start}files/tea`)),
    });
    const begun = await ask(`${server.url}/api/uploads`, { method: 'POST', headers: upload });
    expect([begun.status, begun.headers.location]).toEqual([
      201,
      expect.stringMatching(new RegExp(`^(?:${start}|/api/)uploads/`)),
    ]);
    for (const each of ['/api/files/new', '/openapi.json', '/api/health', '/nowhere', '//evil.example/api']) {
      const method = each === '/api/files/new' ? 'PUT' : 'GET';
      const answered = await ask(server.url + each, { method, headers: forged });
      expect(JSON.stringify(answered.headers)).not.toMatch(/evil\.example|gopher/);
      if (!each.startsWith('//')) expect(answered.body).not.toMatch(/evil\.example|gopher/);
    }
  });
});
