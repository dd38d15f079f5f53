import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';

const directory = mkdtempSync(join(tmpdir(), 'data-'));
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_DATA_DIR: directory, HEADY_STORAGE_QUOTA: '300MB', HEADY_MAX_UPLOAD: '250MB' },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function put(
  path: string,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return server.fetch(`/api/files/${path}`, { method: 'PUT', body, headers, duplex: 'half' } as RequestInit);
}

async function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Response> {
  return server.fetch(`/api/files/${path}`, { headers, method });
}

/** A body without a length. */
function streamOf(pieces: readonly Buffer[]): BodyInit {
  return NodeReadableStream.from(pieces) as unknown as BodyInit;
}

/** What lies in the folder of the files, those of which a part has come included. */
function lying(): number {
  return ['blobs', 'incoming'].flatMap((name) => readdirSync(join(directory, 'files', name))).length;
}

describe('a file', () => {
  it('is what was put, with its type, its metadata and where it is kept', async () => {
    const made = await put('docs/a%20b.txt', 'hello', { 'content-type': 'text/plain', 'x-meta-by': 'Ann' });
    expect([made.status, await made.json()]).toEqual([
      201,
      {
        key: 'docs/a b.txt',
        bytes: 5,
        etag: made.headers.get('etag')?.slice(1, -1),
        type: 'text/plain',
        modifiedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        durability: 'persistent',
        metadata: { by: 'Ann' },
      },
    ]);
    const response = await get('docs/a%20b.txt');
    expect(await response.text()).toBe('hello');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '5',
      'content-disposition': 'inline; filename="a b.txt"',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'x-durability': 'persistent',
      'x-meta-by': 'Ann',
      etag: made.headers.get('etag'),
    });
    const head = await get('docs/a%20b.txt', {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', '']);
    expect((await put('docs/a%20b.txt', 'other')).status).toBe(200);
  });

  it.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'application/x-unknown'])(
    'of the type %j does nothing in a browser',
    async (type) => {
      await put('page', '<script>alert(1)</script>', { 'content-type': type });
      const { headers } = await get('page');
      expect(headers.get('content-disposition')).toBe('attachment; filename=page');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    },
  );

  const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001', 'hex');
  it.each([
    ['what its bytes are', png, 'text/html', 'image/png', 'inline'],
    ['what its bytes are', Buffer.from('%PDF-1.7\n'), '', 'application/pdf', 'inline'],
    [
      'what is said of a format of many uses',
      Buffer.from('PK\x03\x04'),
      'application/x-doc',
      'application/x-doc',
      'attachment',
    ],
    ['what is said where bytes tell nothing', Buffer.from('a,b'), 'text/csv', 'text/csv', 'attachment'],
    ['text where nothing is said', Buffer.from('grüß'), '', 'text/plain; charset=utf-8', 'inline'],
    [
      'text that is cut in mid-character',
      Buffer.from(`a${'ü'.repeat(4000)}`),
      '',
      'text/plain; charset=utf-8',
      'inline',
    ],
    ['bytes where it is no text', Buffer.from([1, 2, 255]), '', 'application/octet-stream', 'attachment'],
    [
      'bytes where what is said is no type',
      Buffer.from([1, 2, 255]),
      'a type',
      'application/octet-stream',
      'attachment',
    ],
  ])('has as its type %s', async (_, content, said, type, shown) => {
    await put('typed', content, { 'content-type': said });
    const { headers } = await get('typed');
    expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual([
      type,
      `${shown}; filename=typed`,
    ]);
  });

  it('has metadata of any characters, and no more of it than fits', async () => {
    const sent = Buffer.from('größe 🙂').toString('latin1');
    const made = await put('told', 'x', { 'x-meta-by': sent });
    expect((await made.json()).metadata).toEqual({ by: 'größe 🙂' });
    expect((await get('told')).headers.get('x-meta-by')).toBe(sent);
    expect((await put('told', 'x', { 'x-meta-by': 'x'.repeat(2050) })).status).toBe(422);
    expect((await put('told', 'x', { 'x-meta-__proto__': 'x' })).status).toBe(422);
    expect((await put('told', 'x', { 'x-meta-constructor': 'x' })).status).toBe(200);
    expect((await get('told')).headers.get('x-meta-constructor')).toBe('x');
  });

  it('needs the key', async () => {
    expect((await fetch(`${server.url}/api/files/docs/x`)).status).toBe(401);
    expect((await fetch(`${server.url}/api/files/docs/x`, { method: 'PUT', body: 'x' })).status).toBe(401);
  });

  it.each(['a%2f..%2fb', 'a//b', 'a%00b', 'a%0ab', 'con', 'x%5Cy', `${'x'.repeat(256)}`])(
    'has no key such as %s',
    async (key) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname); // fetch would tidy the path
      socket.write(
        `PUT /api/files/${key} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx`,
      );
      let text = '';
      for await (const piece of socket) text += String(piece);
      expect(text).toMatch(/^HTTP\/1\.1 (?:404|405|422) /);
    },
  );

  it('is never a part of one, or content that is encoded', async () => {
    await put('plain', 'whole', { 'content-encoding': 'identity' });
    const part = await put('plain', 'part', { 'content-range': 'bytes 0-3/5' });
    expect([part.status, (await part.json()).code]).toEqual([400, 'bad-request']);
    for (const [method, type] of [
      ['PUT', 'text/plain'],
      ['POST', 'multipart/form-data; boundary=b'],
    ] as const) {
      const headers = { 'content-type': type, 'content-encoding': 'gzip' };
      const told = await server.fetch('/api/files/plain', { method, headers, body: 'x' });
      expect([told.status, told.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    }
    expect(await (await get('plain')).text()).toBe('whole');
  });

  it('is gone when it is deleted', async () => {
    await put('gone', 'x');
    const gone = await get('gone', {}, 'DELETE');
    expect([gone.status, gone.headers.get('x-durability')]).toEqual([204, 'persistent']);
    expect([(await get('gone')).status, (await get('gone', {}, 'DELETE')).status]).toEqual([404, 404]);
  });
});

describe('conditions', () => {
  it('keep one from overwriting what is not known', async () => {
    const etag = (await put('guarded', '1', { 'if-none-match': '*' })).headers.get('etag') ?? '';
    expect((await put('guarded', '2', { 'if-none-match': '*' })).status).toBe(412);
    expect((await put('guarded', '2', { 'if-none-match': `W/${etag}` })).status).toBe(412);
    expect((await put('guarded', '2', { 'if-match': '"another"' })).status).toBe(412);
    expect((await get('guarded', { 'if-match': '"another"' }, 'DELETE')).status).toBe(412);
    expect((await put('guarded', '2', { 'if-match': `"x", ${etag}` })).status).toBe(200);
    expect((await put('guarded', '3', { 'if-match': etag })).status).toBe(412);
    expect(await (await get('guarded')).text()).toBe('2');
  });

  it('may be a date, where there is no ETag', async () => {
    const { headers } = await put('dated', '1');
    const etag = headers.get('etag') ?? '';
    const now = { 'if-unmodified-since': headers.get('last-modified') ?? '' };
    const past = { 'if-unmodified-since': new Date(Date.now() - 60_000).toUTCString() };
    for (const method of ['GET', 'HEAD', 'DELETE'])
      expect([method, (await get('dated', past, method)).status]).toEqual([method, 412]);
    expect((await put('dated', '2', past)).status).toBe(412);
    expect((await put('dated?durability=ephemeral', '2', past)).status).toBe(412);
    expect((await get('dated', now)).status).toBe(200);
    expect((await get('dated', { ...past, 'if-match': etag })).status).toBe(200);
    expect((await put('dated', '1', { ...past, 'if-match': etag })).status).toBe(200);
    expect((await put('undated', '1', past)).status).toBe(201);
    expect((await put('undated', '2', { 'if-unmodified-since': 'one day' })).status).toBe(200);
    const later = { 'if-unmodified-since': new Date(Date.now() + 60_000).toUTCString() };
    expect((await put('dated', '3', later)).status).toBe(200);
    expect((await get('dated', later, 'DELETE')).status).toBe(204);
  });

  it('spare a client what it has', async () => {
    const { headers } = await put('known', 'content');
    const [etag = '', modified = ''] = ['etag', 'last-modified'].map(
      (name) => headers.get(name) ?? undefined,
    );
    for (const known of [
      { 'if-none-match': etag },
      { 'if-none-match': `W/${etag}` },
      { 'if-modified-since': modified },
    ]) {
      const response = await get('known', known);
      expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([304, etag, '']);
    }
    expect((await get('known', { 'if-none-match': '"another"', 'if-modified-since': modified })).status).toBe(
      200,
    );
    expect((await get('known', { 'if-match': '"another"' })).status).toBe(412);
    expect((await get('known', { 'if-match': `W/${etag}` })).status).toBe(412); // RFC 9110, 13.1.1
    expect((await get('known', { 'if-match': etag })).status).toBe(200);
  });
});

describe('a range', () => {
  beforeAll(async () => {
    await put('digits', '0123456789', { 'content-type': 'text/plain' });
    await put('empty', '');
  });

  it.each([
    ['bytes=0-4', 206, 'bytes 0-4/10', '01234'],
    ['Bytes=0-1', 206, 'bytes 0-1/10', '01'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-2', 206, 'bytes 8-9/10', '89'],
    ['bytes=5-100', 206, 'bytes 5-9/10', '56789'],
    ['bytes=2-3,4-5', 206, 'bytes 2-5/10', '2345'],
    ['bytes=10-', 416, 'bytes */10', undefined],
    ['bytes=3-2', 200, null, '0123456789'],
    ['bytes=x', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
    [`bytes=${Array.from({ length: 50 }, (_, at) => `${at}-${at}`).join(',')}`, 200, null, '0123456789'],
  ])('of %s is answered with %i', async (range, status, contentRange, text) => {
    const response = await get('digits', { range });
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
    if (text !== undefined) expect(await response.text()).toBe(text);
  });

  it('means nothing to HEAD', async () => {
    for (const range of ['bytes=0-1', 'bytes=0-1,8-', 'bytes=10-']) {
      const { status, headers } = await get('digits', { range }, 'HEAD');
      expect([status, headers.get('content-length'), headers.get('content-range')]).toEqual([
        200,
        '10',
        null,
      ]);
    }
  });

  it('of several parts has each with its place', async () => {
    const response = await get('digits', { range: 'bytes=0-1,8-' });
    const [, boundary = ''] = /boundary=(\S+)/.exec(response.headers.get('content-type') ?? '') ?? [];
    const parts = (await response.text()).split(`--${boundary}`);
    expect([response.status, parts.length]).toEqual([206, 4]);
    expect(parts[1]).toMatch(/content-range: bytes 0-1\/10\r\n\r\n01\r\n$/);
    expect(parts[2]).toMatch(/content-range: bytes 8-9\/10\r\n\r\n89\r\n$/);
    expect(parts[3]).toBe('--\r\n');
  });

  it('is of the file that the client has the rest of, else it is the whole', async () => {
    const etag = (await get('digits')).headers.get('etag') ?? '';
    expect((await get('digits', { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get('digits', { range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200);
    expect((await get('digits', { range: 'bytes=0-1', 'if-range': `W/${etag}` })).status).toBe(200);
    expect((await get('empty', { range: 'bytes=-1' })).status).toBe(200);
    expect((await get('empty', { range: 'bytes=0-' })).status).toBe(416);
  });

  it('by the date of the rest is the whole, as two files of one second have one date', async () => {
    await put('replaced', 'old');
    const { headers } = await put('replaced', 'new');
    const date = headers.get('last-modified') ?? '';
    const response = await get('replaced', { range: 'bytes=1-', 'if-range': date });
    expect([response.status, await response.text()]).toEqual([200, 'new']);
  });
});

describe('a digest', () => {
  const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;

  it('is verified when it is sent, and told when it is asked for', async () => {
    expect((await put('summed', 'hello', { 'content-digest': digest('hello') })).status).toBe(201);
    const wrong = await put('summed', 'hellO', { 'repr-digest': digest('hello') });
    expect([wrong.status, (await wrong.json()).code]).toEqual([400, 'digest-mismatch']);
    for (const odd of ['sha-256=hello', 'sha-256=:AAAA:', 'sha-256', 'sha-512=:AAAA:', 'garbage', ''])
      expect([odd, (await put('summed', 'x', { 'content-digest': odd })).status]).toEqual([odd, 400]);
    for (const good of [`${digest('x')};a=1`, `sha-512=:AAAA:, ${digest('x')};a;b="c"`])
      expect([good, (await put('summed2', 'x', { 'content-digest': good })).ok]).toEqual([good, true]);
    const other = `${digest('y')};a=1`;
    expect((await put('summed2', 'x', { 'content-digest': other })).status).toBe(400);
    const response = await get('summed', { 'want-repr-digest': 'sha-256=5' });
    expect([response.headers.get('repr-digest'), await response.text()]).toEqual([digest('hello'), 'hello']);
  });
});

describe('a list', () => {
  it('has the files of a prefix, page by page', async () => {
    for (const name of ['l/1', 'l/2', 'l/3']) await put(name, name);
    const list = async (query: string) => (await server.fetch(`/api/files?${query}`)).json();
    const first = await list('prefix=l/&limit=2');
    expect(first.files.map(({ key }: { key: string }) => key)).toEqual(['l/1', 'l/2']);
    const second = await list(`prefix=l/&limit=2&cursor=${encodeURIComponent(first.cursor)}`);
    const etag = expect.stringMatching(/^[0-9a-f]{32}$/);
    const modifiedAt = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(second).toEqual({
      files: [{ key: 'l/3', bytes: 3, etag, modifiedAt, durability: 'persistent' }],
      cursor: null,
    });
    expect((await server.fetch('/api/files?limit=0')).status).toBe(422);
  });
});

describe('a form', () => {
  const post = async (path: string, ...parts: readonly [name: string, value: string | File][]) => {
    const body = new FormData();
    for (const [name, value] of parts) body.append(name, value);
    return server.fetch(`/api/files/${path}`, { method: 'POST', body });
  };
  const file = (content: string, name = 'a b.txt') => new File([content], name, { type: 'text/csv' });

  it('gives its file to the key, with its fields as metadata', async () => {
    const made = await post('forms/one', ['By', 'Ann ü'], ['file', file('from a form')]);
    expect([made.status, await made.json()]).toMatchObject([
      201,
      { key: 'forms/one', type: 'text/csv', bytes: 11, metadata: { by: 'Ann ü' }, durability: 'persistent' },
    ]);
    expect(await (await get('forms/one')).text()).toBe('from a form');
    expect((await post('forms/one', ['file', file('another')])).status).toBe(200);
  });

  it('joins fields of one name, in whatever case', async () => {
    const made = await post('forms/joined', ['By', 'Ann'], ['to', 'x'], ['by', 'Bo'], ['file', file('x')]);
    expect((await made.json()).metadata).toEqual({ by: 'Ann, Bo', to: 'x' });
  });

  it('has no digest, which would be of the form', async () => {
    const body = new FormData();
    body.append('file', file('x'));
    const headers = { 'content-digest': `sha-256=:${createHash('sha256').update('x').digest('base64')}:` };
    const told = await server.fetch('/api/files/forms/summed', { method: 'POST', body, headers });
    expect([told.status, (await told.json()).code]).toEqual([400, 'bad-request']);
  });

  it.each<[string, [name: string, value: string | File][]]>([
    [
      'two files',
      [
        ['file', file('1')],
        ['file', file('2')],
      ],
    ],
    ['no file', [['file', 'text']]],
    [
      'metadata that is none',
      [
        ['a b', 'x'],
        ['file', file('1')],
      ],
    ],
    [
      'metadata of two lines',
      [
        ['a', 'x\r\ny: z'],
        ['file', file('1')],
      ],
    ],
  ])('of %s is refused, and leaves nothing', async (_, parts) => {
    const before = lying();
    const told = await post('forms/refused', ...parts);
    expect([told.status, (await told.json()).code]).toEqual([422, 'invalid-input']);
    expect([(await get('forms/refused')).status, lying()]).toEqual([404, before]);
  });

  it.each([
    ['without a boundary', 'multipart/form-data', 'x', 400],
    ['of another type', 'text/plain', 'x', 415],
    [
      'cut off behind its file',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\nx\r\n--b\r\n',
      400,
    ],
    [
      'of 10,000 parts',
      'multipart/form-data; boundary=b',
      `${'--b\r\ncontent-disposition: form-data; name=f\r\n\r\nx\r\n'.repeat(10_000)}--b--`,
      413,
    ],
  ])('%s is refused, and leaves nothing', async (_, type, body, status) => {
    const before = lying();
    const init = { method: 'POST', headers: { 'content-type': type }, body };
    expect((await server.fetch('/api/files/forms/refused', init)).status).toBe(status);
    expect([(await get('forms/refused')).status, lying()]).toEqual([404, before]);
  });
});

describe('a link', () => {
  const link = async (body: unknown, from = server) => {
    const headers = {
      'content-type': 'application/json',
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
    };
    return from.fetch('/api/links', { method: 'POST', headers, body: JSON.stringify(body) });
  };

  it('lets its file be read without the key, and nothing else be done', async () => {
    await put('shared/größe 1.txt', 'for all');
    const { url, expiresAt } = await (await link({ key: 'shared/größe 1.txt', expiresIn: 60 })).json();
    expect(url).toMatch(/^\/api\/files\/shared\/gr%C3%B6%C3%9Fe%201\.txt\?/);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(50_000);
    const there = `${server.url}${url}`;
    expect(await (await fetch(there, { headers: { range: 'bytes=4-' } })).text()).toBe('all');
    expect((await fetch(there, { method: 'HEAD' })).status).toBe(200);
    for (const method of ['PUT', 'DELETE', 'POST'])
      expect((await fetch(there, { method, ...(method === 'PUT' && { body: 'x' }) })).status).toBe(401);
    await put('shared/other', 'x');
    const tampered = [
      there.replace('gr%C3%B6%C3%9Fe%201.txt', 'other'),
      there.replace(/expires=(\d+)/, (_, at: string) => `expires=${Number(at) + 1}`),
      there.replace(/signature=./, (start) => `signature=${start.endsWith('A') ? 'B' : 'A'}`),
      there.replace(/&signature=.*/, ''),
      there.replace(/signature=.*/, 'signature='),
    ];
    for (const other of tampered) expect([other, (await fetch(other)).status]).toEqual([other, 401]);
  });

  it('ends', async () => {
    await put('shared/soon', 'x');
    const { url } = await (await link({ key: 'shared/soon', expiresIn: 1 })).json();
    const told = await waitFor(async () => {
      const response = await fetch(`${server.url}${url}`);
      return response.status === 403 ? response : undefined;
    });
    expect((await told.json()).detail).toMatch(/^This link was good until \d{4}-/);
  });

  it('is to a file that there is, and for a week at most', async () => {
    expect((await link({ key: 'shared/none' })).status).toBe(404);
    expect((await link({ key: '../x' })).status).toBe(422);
    expect((await link({ key: 'x', expiresIn: 7 * 86_400 + 1 })).status).toBe(422);
    expect((await fetch(`${server.url}/api/links`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('is absolute where the service knows its address, and lasts until the key that signed it is dropped', async () => {
    const env = { HEADY_DATA_DIR: mkdtempSync(join(tmpdir(), 'data-')) };
    const root = inject('root');
    const { url } = await (async () => {
      await using first = await TestServer.start({
        root,
        env: { ...env, RENDER_EXTERNAL_URL: 'https://a.example/' },
      });
      await first.fetch('/api/files/a', { method: 'PUT', body: 'x' });
      return (await link({ key: 'a' }, first)).json();
    })();
    expect(url).toMatch(/^https:\/\/a\.example\/api\/files\/a\?expires=/);
    const { pathname, search } = new URL(url);
    const HEADY_API_KEY = 'another-key-for-tests-of-thirty-two-chars';
    for (const [previous, status] of [
      [apiKey, 200],
      [undefined, 401],
    ] as const) {
      const keys = { HEADY_API_KEY, HEADY_API_KEY_PREVIOUS: previous };
      await using next = await TestServer.start({ root, env: { ...env, ...keys } });
      expect((await fetch(`${next.url}${pathname}${search}`)).status).toBe(status);
    }
    rmSync(env.HEADY_DATA_DIR, { recursive: true });
  }, 90_000);
});

describe('durability', () => {
  it('is where it is asked for, and a file is in one place', async () => {
    expect(await (await put('moved?durability=ephemeral', '1')).json()).toMatchObject({
      durability: 'ephemeral',
    });
    expect((await get('moved')).headers.get('x-durability')).toBe('ephemeral');
    expect(await (await put('moved', '2')).json()).toMatchObject({ durability: 'ephemeral' });
    expect(await (await put('moved?durability=persistent', '3')).json()).toMatchObject({
      durability: 'persistent',
    });
    const { files } = await (await server.fetch('/api/files?durability=ephemeral')).json();
    expect([files, await (await get('moved')).text()]).toEqual([[], '3']);
  });

  it('of two that store it in two places at once one has the last word, and one is the first', async () => {
    for (let round = 0; round < 20; round += 1) {
      const both = async (headers: Readonly<Record<string, string>>) =>
        Promise.all(
          ['persistent', 'ephemeral'].map((durability) =>
            put(`twice/${round}?durability=${durability}`, durability, headers),
          ),
        );
      const firsts = await both({ 'if-none-match': '*' });
      expect(firsts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412]);
      expect((await both({})).map(({ status }) => status)).toEqual([200, 200]);
      const found = await get(`twice/${round}`);
      expect([found.status, await found.text()]).toEqual([200, found.headers.get('x-durability')]);
    }
  });

  it('is not promised where there is none', async () => {
    await using bare = await TestServer.start({ root: inject('root') });
    const asked = await bare.fetch('/api/files/x?durability=persistent', { method: 'PUT', body: 'x' });
    expect([asked.status, (await asked.json()).code]).toEqual([409, 'storage-not-persistent']);
    const told = await bare.fetch('/api/files/x', { method: 'PUT', body: 'x' });
    expect(await told.json()).toMatchObject({ durability: 'ephemeral' });
  });
});

describe('the ephemeral place', () => {
  it('is gone with its service, also with one that was killed', async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('heady-files-'));
    await using killed = await TestServer.start({ root: inject('root') });
    const mine = folders().find((name) => name.startsWith(`heady-files-${killed.pid}-`));
    killed.process.kill('SIGKILL');
    await killed.process;
    expect(folders()).toContain(mine);
    const { pid } = await (async () => {
      await using next = await TestServer.start({ root: inject('root') });
      expect(folders()).not.toContain(mine);
      return next;
    })();
    expect(folders().filter((name) => name.startsWith(`heady-files-${pid}-`))).toEqual([]);
  });

  it('makes room by dropping the oldest, which a place that lasts never does', async () => {
    await using small = await TestServer.start({ root: inject('root'), env: { HEADY_STORAGE_QUOTA: '1MB' } });
    const init = { method: 'PUT', body: Buffer.alloc(400_000) };
    for (const key of ['c', 'b', 'a'])
      expect((await small.fetch(`/api/files/${key}`, init)).status).toBe(201);
    const { files } = await (await small.fetch('/api/files')).json();
    expect(files.map(({ key }: { key: string }) => key)).toEqual(['a', 'b']);
  });
});

describe('an upload', () => {
  const megabyte = 1024 ** 2;

  it('of 200 MB is held in nobody’s memory, either way', async () => {
    const piece = randomBytes(megabyte);
    await put('small', piece);
    const before = memoryOf(server.pid).rssBytes;
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    expect((await put('large', streamOf(Array.from({ length: 200 }, () => piece)))).status).toBe(201);
    let bytes = 0;
    for await (const part of (await get('large')).body ?? []) bytes += part.byteLength;
    clearInterval(sampling);
    expect(bytes).toBe(200 * megabyte);
    expect(most - before).toBeLessThan(60 * megabyte); // 30 is usual
    await get('large', {}, 'DELETE');
  });

  it('of more than it may be, or than there is room for, is refused, and leaves nothing', async () => {
    const before = lying();
    const big = streamOf(Array.from({ length: 260 }, () => Buffer.alloc(megabyte)));
    expect((await put('big', big).catch(() => ({ status: 413 }))).status).toBe(413);
    const full = await server.fetch('/api/files/full', {
      method: 'PUT',
      headers: { 'content-type': 'x/y' },
      body: Buffer.alloc(249 * megabyte),
    });
    expect(full.status).toBe(201);
    const more = await put('more', Buffer.alloc(60 * megabyte)).catch(() => undefined);
    if (more) expect([more.status, (await more.json()).code]).toEqual([507, 'storage-full']);
    await get('full', {}, 'DELETE');
    await waitFor(() => lying() === before);
    expect((await get('more')).status).toBe(404);
  });

  it('that breaks off is no file, and leaves nothing', async () => {
    const before = lying();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /api/files/torn HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(5000)}`,
    );
    await waitFor(() => lying() === before + 1);
    socket.destroy();
    await waitFor(() => lying() === before);
    expect((await get('torn')).status).toBe(404);
  });
});
