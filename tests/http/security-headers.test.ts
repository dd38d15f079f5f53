import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';
import { type Answered, ask } from './request.ts';

const key = { authorization: `Bearer ${apiKey}` };
const json = { ...key, 'content-type': 'application/json' };
const nothing = "default-src 'none'; frame-ancestors 'none'";
const inert = "default-src 'none'; sandbox";

let server: TestServer;
let link: string;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_PUBLIC_URL: 'https://api.example.com', HEADY_CORS_ORIGINS: 'https://app.example.org' },
  });
  const svg = { ...key, 'content-type': 'image/svg+xml' };
  await ask(`${server.url}/api/files/a.svg`, { method: 'PUT', headers: svg, body: '<svg/>' });
  const made = await ask(`${server.url}/api/links`, {
    method: 'POST',
    headers: json,
    body: '{"key":"a.svg"}',
  });
  const { url } = JSON.parse(made.body) as { readonly url: string };
  link = url.replace('https://api.example.com', '');
});
afterAll(() => server[Symbol.asyncDispose]());

interface Case {
  readonly what: string;
  readonly path: string;
  readonly status: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly policy?: string | RegExp;
}

const page = /^(?!.*unsafe)(?=.*default-src 'self')(?=.*frame-ancestors 'none')(?=.*base-uri 'none')/;
const preflight = { origin: 'https://app.example.org', 'access-control-request-method': 'GET' };

const cases: readonly Case[] = [
  { what: 'JSON', path: '/api/fixtures/silent', status: 200, headers: key },
  { what: 'a page', path: '/api/fixtures/page', status: 200, policy: page },
  { what: 'no key', path: '/api/fixtures/silent', status: 401 },
  { what: 'nothing there', path: '/nowhere', status: 404 },
  { what: 'another method', path: '/api/fixtures/silent', status: 405, method: 'DELETE', headers: key },
  { what: 'a fault', path: '/api/fixtures/throws', status: 500, headers: key },
  { what: 'a preflight', path: '/api/files/x', status: 204, method: 'OPTIONS', headers: preflight },
  {
    what: 'a refused preflight',
    path: '/',
    status: 403,
    method: 'OPTIONS',
    headers: { ...preflight, origin: 'null' },
  },
  { what: 'a stream', path: '/api/fixtures/stream', status: 200, headers: key },
  { what: 'a HEAD', path: '/api/fixtures/silent', status: 200, method: 'HEAD', headers: key },
  { what: 'metrics', path: '/metrics', status: 200, headers: key },
  { what: 'a long URL', path: `/${'x'.repeat(9000)}`, status: 414 },
  { what: 'OpenAI’s error', path: '/v1/models', status: 401 },
  {
    what: 'a function',
    path: '/api/workers/types/declared',
    status: 200,
    method: 'POST',
    headers: json,
    body: '{}',
  },
  { what: 'a file', path: '/api/files/a.svg', status: 200, headers: key, policy: inert },
  {
    what: 'a part of one',
    path: '/api/files/a.svg',
    status: 206,
    headers: { ...key, range: 'bytes=0-1' },
    policy: inert,
  },
  { what: 'a file that is not there', path: '/api/files/b', status: 404, headers: key },
];

const lowered = ({ headers }: Answered) => headers as Readonly<Record<string, string | undefined>>;

describe('an answer', () => {
  it.each(cases)(
    'says what browsers may do with it: $what',
    async ({ path, status, policy = nothing, ...asked }) => {
      const answered = await ask(server.url + path, asked);
      expect(answered.status).toBe(status);
      const headers = lowered(answered);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
        'permissions-policy': expect.stringContaining('camera=(), '),
      });
      expect(headers['content-security-policy']).toMatch(policy);
      if (typeof policy === 'string')
        expect(headers['content-security-policy']?.replace(/;\s*$/, '')).toBe(policy);
      for (const name of ['x-powered-by', 'server']) expect(headers).not.toHaveProperty(name);
    },
  );

  it('says what its route says, once', async () => {
    const headers = lowered(await ask(`${server.url}/api/fixtures/framed`));
    expect(headers).toMatchObject({
      'content-security-policy': "frame-ancestors 'self'",
      'x-frame-options': 'SAMEORIGIN',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  it('by a link can be shown by any site, and still runs nothing', async () => {
    const byLink = await ask(server.url + link);
    expect([byLink.status, lowered(byLink)]).toMatchObject([
      200,
      { 'cross-origin-resource-policy': 'cross-origin', 'content-security-policy': inert },
    ]);
    const forged = await ask(server.url + link.replace(/signature=.{3}/, 'signature=xxx'));
    expect([forged.status, lowered(forged)]).toMatchObject([
      401,
      { 'cross-origin-resource-policy': 'same-origin' },
    ]);
    const byKey = await ask(server.url + link, { headers: key });
    expect(lowered(byKey)['cross-origin-resource-policy']).toBe('same-origin');
  });
});

it('asks for TLS only where the service has it', async () => {
  await using plain = await TestServer.start({
    root: inject('root'),
    env: { HEADY_PUBLIC_URL: 'http://api.example.com' },
  });
  const forwarded = { 'x-forwarded-proto': 'https' };
  expect(lowered(await ask(`${plain.url}/api/health`, { headers: forwarded }))).not.toHaveProperty(
    'strict-transport-security',
  );
});
