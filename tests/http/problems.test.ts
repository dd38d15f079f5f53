import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';
import { RawConnection } from './raw-connection.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_MAX_BODY: '1KB' } });
});
afterAll(() => server[Symbol.asyncDispose]());

async function problem(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    type: `urn:heady-manager:problem:${String(body.code)}`,
  });
  return body;
}

async function order(body: string, contentType = 'application/json'): Promise<Response> {
  return server.fetch('/api/fixtures/order', {
    method: 'POST',
    body,
    headers: { 'content-type': contentType },
  });
}

describe('a path', () => {
  it('without a route is 404', async () => {
    const response = await server.fetch('/api/nowhere?x=1');
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await problem(response)).toEqual({
      type: 'urn:heady-manager:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is no route /api/nowhere.',
      code: 'not-found',
      requestId: expect.any(String),
    });
  });

  it.each([
    ['GET', '/api/fixtures/order', 'POST'],
    ['HEAD', '/api/fixtures/order', 'POST'],
    ['DELETE', '/api/workers', 'GET, HEAD'],
    ['PUT', '/api/workers/types/declared', 'POST'],
  ])('refuses %s %s with 405 and allows %s', async (method, path, allow) => {
    const response = await server.fetch(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('with a GET route answers HEAD with its headers and no body', async () => {
    const [got, head] = [
      await server.fetch('/api/workers'),
      await server.fetch('/api/workers', { method: 'HEAD' }),
    ];
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'));
    expect(await head.text()).toBe('');
  });
});

describe('a body', () => {
  it('that is announced too large is 413 before it is read', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(
      'POST /api/fixtures/order HTTP/1.1',
      'host: x',
      `authorization: Bearer ${apiKey}`,
      'content-type: application/json',
      `content-length: ${100 * 1024 ** 2}`,
      '',
      '{"name":',
    );
    await connection.receive(/^HTTP\/1\.1 413 .*"limit":"1KB","used":"100MB"/s);
    expect(connection.received).toMatch(/^connection: close\r$/im);
    await connection.end(1000);
  });

  it('that comes in chunks is 413 as soon as it is over the limit', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(
      'POST /api/fixtures/order HTTP/1.1',
      'host: x',
      `authorization: Bearer ${apiKey}`,
      'content-type: application/json',
      'transfer-encoding: chunked',
      '',
      '258',
      'x'.repeat(600),
      '',
    );
    connection.send('258', 'x'.repeat(600), ''); // and no last chunk
    await connection.receive(/^HTTP\/1\.1 413 .*"payload-too-large"/s);
    await connection.end(1000);
    expect(connection.received).toMatch(/^connection: close\r$/im);
  });

  it('of the size of the limit is read', async () => {
    const body = JSON.stringify({ name: '', items: [] });
    expect((await order(body.padEnd(1024))).status).toBe(200);
    expect((await order(body.padEnd(1025))).status).toBe(413);
  });

  it('that says that it is no JSON is 415', async () => {
    const response = await order('name=x', 'application/x-www-form-urlencoded');
    expect(response.status).toBe(415);
    expect((await problem(response)).detail).toContain("'application/x-www-form-urlencoded'");
  });

  it.each(['application/json; charset=utf-8', 'application/vnd.order+json', 'Application/JSON'])(
    'of type %s is read',
    async (type) => {
      expect((await order('{"name":"x","items":[]}', type)).status).toBe(200);
    },
  );

  it.each(['{"name":', '', "{'name': 1}"])('that is no JSON, such as %j, is 400', async (body) => {
    const response = await order(body);
    expect(response.status).toBe(400);
    expect((await problem(response)).code).toBe('malformed-body');
  });

  it('with wrong fields is 422 with a pointer to each', async () => {
    const response = await order(JSON.stringify({ name: 7, items: [{ 'a/b': 1 }, { 'a/b': 'x' }, {}] }));
    expect(response.status).toBe(422);
    const { code, detail, errors } = await problem(response);
    expect({ code, detail }).toEqual({ code: 'invalid-input', detail: '3 invalid fields.' });
    expect((errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/name',
      '/items/1/a~1b',
      '/items/2/a~1b',
    ]);
  });
});

describe('an error that nobody foresaw', () => {
  it('shows its stack outside production', async () => {
    const response = await server.fetch('/api/fixtures/throws');
    expect(response.status).toBe(500);
    const { code, traceback } = await problem(response);
    expect(code).toBe('internal-error');
    expect(traceback).toMatch(/^Error: the database password is hunter2\n +at /);
  });

  describe('in production', () => {
    let production: TestServer;
    beforeAll(async () => {
      production = await TestServer.start({
        root: inject('root'),
        env: { NODE_ENV: 'production', HEADY_HF_MOCK: '1' },
      });
    });
    afterAll(() => production[Symbol.asyncDispose]());

    it('shows nothing of it, and is logged under the request id', async () => {
      const response = await production.fetch('/api/fixtures/throws');
      expect(response.status).toBe(500);
      const body = await problem(response);
      expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'code', 'requestId']);
      expect(JSON.stringify(body)).not.toMatch(/hunter2|\.ts|\.mjs/);
      const line = await production.line(
        ({ requestId, level }) => requestId === body.requestId && level === 'error',
      );
      expect(line.message).toMatch(/Error: the database password is hunter2\n +at /);
    });

    it('of a Python function shows its exception, and the traceback is in the log alone', async () => {
      const response = await production.call('hostile/raise_unprintable');
      const body = await problem(response);
      expect(body).not.toHaveProperty('traceback');
      expect(body.detail).toContain('Unprintable');
      const line = await production.line(
        ({ requestId, traceback }) => requestId === body.requestId && traceback !== undefined,
      );
      expect(line.traceback).toMatch(/hostile\.py", line \d+, in raise_unprintable/);
    });
  });
});

describe('a request id', () => {
  const made = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

  it('of the caller is kept', async () => {
    const response = await server.fetch('/api/nowhere', { headers: { 'x-request-id': 'a-1:b/c.d=e+f_g' } });
    expect((await problem(response)).requestId).toBe('a-1:b/c.d=e+f_g');
  });

  it.each(['with spaces', 'x'.repeat(129), '"quoted"', '<script>', 'é', ''])(
    'such as %j is replaced by one of our own',
    async (given) => {
      const response = await server.fetch('/api/nowhere', { headers: { 'x-request-id': given } });
      expect(response.headers.get('x-request-id')).toMatch(made);
    },
  );

  it.each([
    ['twice', ['x-request-id: a', 'x-request-id: b']],
    ['folded over two lines', ['x-request-id: a', ' set-cookie: b']],
  ])('that comes %s is not passed on', async (_how, headers) => {
    using connection = await RawConnection.open(server.url);
    connection.send('GET /api/health HTTP/1.1', 'host: x', ...headers, 'connection: close', '', '');
    await connection.receive(/^HTTP\/1\.1 \d+ /);
    await connection.end(1000);
    expect(connection.received).not.toMatch(/set-cookie|x-request-id: a\r/);
  });

  it.each([
    ['GET', '/api/health', 200],
    ['HEAD', '/api/health', 200],
    ['GET', '/api/nowhere', 404],
    ['GET', '/api/fixtures/order', 405],
    ['GET', '/api/fixtures/throws', 500],
    ['POST', '/api/workers/types/asynchronous', 400],
  ])('stands on the answer to %s %s (%i)', async (method, path, status) => {
    const response = await server.fetch(path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(made);
  });

  it('stands on the answer to one without a key', async () => {
    expect((await fetch(`${server.url}/api/workers`)).headers.get('x-request-id')).toMatch(made);
  });
});

describe('a request that no client library would send', () => {
  let attacked: TestServer;
  beforeAll(async () => {
    attacked = await TestServer.start({ root: inject('root') });
  });
  afterAll(() => attacked[Symbol.asyncDispose]());

  it.each([
    '//',
    '///api/workers',
    '/%E0%A4%A',
    '/api/%2e%2e/%2e%2e/etc/passwd',
    'http://[/',
    'http://',
    'x',
    '*',
  ])('for %s is refused, and the service lives', async (target) => {
    using connection = await RawConnection.open(attacked.url);
    connection.send(`OPTIONS ${target} HTTP/1.1`, 'host: x', 'connection: close', '', '');
    await connection.receive(/^HTTP\/1\.1 40[04] /);
    await connection.end(1000);
    expect(connection.received).toMatch(/^content-type: application\/problem\+json\r$/im);
    expect((await attacked.fetch('/api/health')).status).toBe(200);
  });

  it('is 431 when its headers are too large', async () => {
    using connection = await RawConnection.open(attacked.url);
    connection.send('GET /api/health HTTP/1.1', `x-large: ${'x'.repeat(20_000)}`, '', '');
    await connection.receive(/^HTTP\/1\.1 431 .*"code":"headers-too-large"/s);
    await connection.end(1000);
  });

  it('is answered with a problem when it is not even HTTP', async () => {
    using connection = await RawConnection.open(attacked.url);
    connection.send('NONSENSE', '', '');
    await connection.receive(/^HTTP\/1\.1 400 /);
    await connection.end(1000);
    expect(connection.received).toMatch(/content-type: application\/problem\+json.*"code":"bad-request"/is);
    expect(connection.received).toMatch(/^x-request-id: [\da-f-]{36}\r$/im);
  });
});
