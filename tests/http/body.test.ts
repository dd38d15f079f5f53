import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return server.fetch(path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** A route that answers with the JSON that came. */
const echo = '/api/fixtures/upload-or-json';
/** A function that does so. */
const pythonEcho = '/api/workers/echo/anything';

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, at) => `"${at.toString(36)}":1`).join(',')}}`;
}

function list(count: number): string {
  return `[${Array<string>(count).fill('[]').join(',')}]`;
}

describe('a JSON body', () => {
  it.each([
    ['nested deeper than 100 levels', nested(101)],
    ['nested deeper than 100 levels', nested(1_000_000)],
    ['nested deeper than 100 levels', '{"a":'.repeat(101)],
    ['more than 50000 keys', keys(50_001)],
    ['more than 250000 items', list(250_002)],
  ])('is refused: %s', async (what, body) => {
    const response = await post(echo, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'invalid-input',
      detail: expect.stringContaining(what),
    });
  });

  it.each([
    ['100 levels', nested(100)],
    ['50000 keys', keys(50_000)],
    ['250000 items', list(250_000)],
    ['brackets in its texts', JSON.stringify([`${nested(200)}\\"`, '[{:,"\\'.repeat(200_000)])],
  ])('is taken: %s', async (_what, body) => {
    const response = await post(echo, body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(JSON.parse(body));
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    String.raw`{"\u005f_proto__":1}`,
    '[{"a":[{"__proto__":null}]}]',
    '{"constructor":{"prototype":{"admin":true}}}',
  ])('is refused with the way to a prototype: %s', async (body) => {
    const response = await post(echo, body);
    expect([response.status, (await response.json()).code]).toEqual([400, 'malformed-body']);
  });

  it.each(['{"constructor":"Renault","prototype":2}', '{"a":"__proto__"}'])(
    'is taken with their names alone: %s',
    async (body) => {
      expect(await (await post(echo, body)).json()).toEqual(JSON.parse(body));
    },
  );

  it('has no such keys to Python, whose functions have their own limits', async () => {
    const body = `{"value":${keys(50_001).replace('{', '{"__proto__":{"admin":true},')}}`;
    const response = await post(pythonEcho, body);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body.slice('{"value":'.length, -1));
  });

  it.each([
    ['nested too deep for its parser', pythonEcho, `{"value":${nested(300)}}`, [400, 'malformed-body']],
    ['too many keys to look for files in', '/api/workers/files/digest', keys(50_001), [422, 'invalid-input']],
  ])('is refused to a function: %s', async (_what, path, body, told) => {
    const response = await post(path, body);
    expect([response.status, (await response.json()).code]).toEqual(told);
  });
});

describe('a compressed body', () => {
  const packed = gzipSync('{}');

  it.each([
    ['gzip', echo, 'application/json'],
    ['br', echo, 'application/json'],
    ['deflate', echo, 'application/json'],
    ['x-unheard-of', echo, 'application/json'],
    ['identity, gzip', echo, 'application/json'],
    ['gzip', echo, 'multipart/form-data; boundary=b'],
    ['gzip', pythonEcho, 'application/json'],
    ['gzip', pythonEcho, 'multipart/form-data; boundary=b'],
    ['gzip', '/api/links', 'application/json'],
    ['gzip', '/v1/chat/completions', 'application/json'],
    ['gzip', '/api/uploads', 'application/offset+octet-stream'],
  ])('by %s is refused by %s (%s)', async (encoding, path, type) => {
    const response = await post(path, packed, { 'content-encoding': encoding, 'content-type': type });
    expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity']);
  });

  it('is none by identity', async () => {
    expect((await post(echo, '{}', { 'content-encoding': 'Identity' })).status).toBe(200);
  });
});

describe('names that an object has from its prototype', () => {
  it('are plain parameters of a query', async () => {
    const query = '__proto__[x]=1&__proto__=2&constructor=3&constructor.prototype.y=4&toString=5&toString=6';
    const { query: read, ofAll } = await (await server.fetch(`/api/fixtures/queried?${query}`)).json();
    expect(ofAll).toEqual({});
    expect(Object.entries(read)).toEqual(
      expect.arrayContaining([
        ['__proto__[x]', '1'],
        ['constructor', '3'],
        ['toString', ['5', '6']],
      ]),
    );
  });

  it('are plain fields of a form', async () => {
    const form = new FormData();
    form.append('__proto__', 'a');
    form.append('constructor', 'b');
    const response = await server.fetch('/api/fixtures/upload', { method: 'POST', body: form });
    expect(await response.text()).toContain('"fields":{"__proto__":["a"],"constructor":["b"]}');
    expect((await (await server.fetch('/api/fixtures/queried')).json()).ofAll).toEqual({});
  });
});

it('a query has as many parameters as a URL has room for', async () => {
  const query = Array.from({ length: 1500 }, (_, at) => `k${at}`).join('&');
  const response = await server.fetch(`/api/fixtures/queried?${query}`);
  expect([response.status, (await response.json()).names]).toEqual([200, 1500]);
});
