import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { RawConnection } from '../http/raw-connection.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { lying, metadata, Tus } from './tus.ts';

const megabyte = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), 'data-'));
const env = { HEADY_DATA_DIR: directory, HEADY_STORAGE_QUOTA: '300MB', HEADY_MAX_UPLOAD: '250MB' };
let server: TestServer;
let tus: Tus;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env });
  tus = new Tus(server);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function file(key: string): Promise<Response> {
  return server.fetch(`/api/files/${key}`);
}

async function codeOf(response: Response): Promise<[status: number, code: string]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

/** A PATCH of which it is to be said what is sent when. */
async function opened(location: string, bytes: number, offset = 0): Promise<RawConnection> {
  const connection = await RawConnection.open(server.url);
  connection.send(
    `PATCH ${location} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${apiKey}`,
    'tus-resumable: 1.0.0',
    'content-type: application/offset+octet-stream',
    `upload-offset: ${offset}`,
    `content-length: ${bytes}`,
    '',
    '',
  );
  return connection;
}

describe('an upload', () => {
  it('becomes a file, with its key, its type, its metadata and where it is kept', async () => {
    const said = {
      key: 'größe/a b.txt',
      filetype: 'text/plain',
      By: 'Jürgen 日本',
      durability: 'persistent',
    };
    const created = await tus.create(11, metadata(said));
    const location = created.headers.get('location') ?? '';
    expect([created.status, created.headers.get('x-durability')]).toEqual([201, 'persistent']);
    expect(location).toMatch(/^\/api\/uploads\/[\w-]{36}$/);
    const first = await tus.patch(location, 0, 'hello ');
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '6']);
    expect((await file('gr%C3%B6%C3%9Fe/a%20b.txt')).status).toBe(404);
    const last = await tus.patch(location, 6, 'world');
    expect([last.status, last.headers.get('content-location')]).toEqual([
      204,
      '/api/files/gr%C3%B6%C3%9Fe/a%20b.txt',
    ]);
    const made = await server.fetch(last.headers.get('content-location') ?? '');
    expect([made.status, await made.text()]).toEqual([200, 'hello world']);
    expect(Object.fromEntries(made.headers)).toMatchObject({
      etag: '"b94d27b9934d3e08a52e52d7da7dabfa"',
      'content-type': 'text/plain',
      'x-durability': 'persistent',
      'x-meta-by': Buffer.from('Jürgen 日本').toString('latin1'),
    });
  });

  it('is known to be complete when the last answer was lost, and a PATCH of nothing does no harm', async () => {
    const location = await tus.made(3, metadata({ key: 'lost' }));
    await tus.patch(location, 0, 'abc');
    const { headers } = await tus.head(location);
    expect(Object.fromEntries(headers)).toMatchObject({
      'upload-offset': '3',
      'upload-length': '3',
      'content-location': '/api/files/lost',
      'cache-control': 'no-store',
    });
    const again = await tus.patch(location, 3, '');
    expect([again.status, again.headers.get('content-location')]).toEqual([204, '/api/files/lost']);
    expect((await tus.send('DELETE', location)).status).toBe(204);
    expect([(await tus.head(location)).status, await (await file('lost')).text()]).toEqual([404, 'abc']);
  });

  it('may come with its creation, whole or in part, and may be of nothing', async () => {
    const whole = await tus.create(3, metadata({ key: 'whole' }), 'abc');
    expect([whole.status, whole.headers.get('upload-offset'), whole.headers.get('content-location')]).toEqual(
      [201, '3', '/api/files/whole'],
    );
    const part = await tus.create(5, metadata({ key: 'part' }), 'abc');
    expect([part.status, part.headers.get('upload-offset')]).toEqual([201, '3']);
    await tus.patch(part.headers.get('location') ?? '', 3, 'de');
    const nothing = await tus.create(0, metadata({ key: 'nothing' }));
    expect([nothing.status, nothing.headers.get('content-location')]).toEqual([201, '/api/files/nothing']);
    const texts = await Promise.all(
      ['whole', 'part', 'nothing'].map(async (key) => (await file(key)).text()),
    );
    expect(texts).toEqual(['abc', 'abcde', '']);
  });

  it('without a key is under its id, by a name that is safe', async () => {
    const names = [{ filename: '../../etc/pass\twd' }, { name: 'a.txt' }, {}];
    const keys: string[] = [];
    for (const name of names) {
      const { headers } = await tus.create(1, metadata(name), 'x');
      const id = headers.get('location')?.split('/').at(-1) ?? 'none';
      keys.push(headers.get('content-location')?.replace(id, 'ID') ?? '');
    }
    expect(keys).toEqual([
      '/api/files/uploads/ID/passwd',
      '/api/files/uploads/ID/a.txt',
      '/api/files/uploads/ID',
    ]);
  });

  it.each(['con', 'a.', ' ', 'a\u{200B}b', '.'.repeat(300)])(
    'without a key, and of the name %j that cannot be in one, is under its id alone',
    async (filename) => {
      const { status, headers } = await tus.create(1, metadata({ filename }), 'x');
      const id = headers.get('location')?.split('/').at(-1);
      expect([status, headers.get('content-location')]).toEqual([201, `/api/files/uploads/${id}`]);
    },
  );

  it('of a client that has no PATCH or DELETE goes by X-HTTP-Method-Override', async () => {
    const location = await tus.made(3, metadata({ key: 'overridden' }));
    const headers = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const patch = { ...headers, 'x-http-method-override': 'PATCH' };
    expect((await tus.send('POST', location, { headers: patch, body: 'abc' })).status).toBe(204);
    expect(await (await file('overridden')).text()).toBe('abc');
    const end = { 'x-http-method-override': 'DELETE' };
    expect((await tus.send('POST', location, { headers: end })).status).toBe(204);
    expect((await tus.head(location)).status).toBe(404);
  });

  it('that is terminated leaves nothing', async () => {
    const before = lying(directory);
    const location = await tus.made(10);
    await tus.patch(location, 0, 'abc');
    expect(lying(directory)).toHaveLength(before.length + 1);
    expect((await tus.send('DELETE', location)).status).toBe(204);
    expect([(await tus.head(location)).status, lying(directory)]).toEqual([404, before]);
    expect(readdirSync(join(directory, 'uploads/notes'))).not.toContain(location);
  });

  it('whose file cannot be made is finished when it is asked for again', async () => {
    const blobs = join(directory, 'files/blobs');
    const location = await tus.made(3, metadata({ key: 'later' }));
    renameSync(blobs, `${blobs}-away`);
    const failed = await tus.patch(location, 0, 'abc').finally(() => renameSync(`${blobs}-away`, blobs));
    expect(await codeOf(failed)).toEqual([500, 'internal-error']);
    expect((await file('later')).status).toBe(404);
    expect([await tus.offset(location), await (await file('later')).text()]).toEqual([3, 'abc']);
  });
});

describe('the protocol', () => {
  it('says what there is of it, and how large an upload may be', async () => {
    const { status, headers } = await server.fetch('/api/uploads', { method: 'OPTIONS' });
    expect([status, Object.fromEntries(headers)]).toMatchObject([
      204,
      {
        'tus-version': '1.0.0',
        'tus-resumable': '1.0.0',
        'tus-extension': 'creation,creation-with-upload,termination,expiration,checksum',
        'tus-checksum-algorithm': 'sha1,sha256,md5',
        'tus-max-size': String(250 * megabyte),
      },
    ]);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('is for the holders of the key', async () => {
    const location = await tus.made(1);
    const calls = [
      ['OPTIONS', '/api/uploads'],
      ['POST', '/api/uploads'],
      ...['HEAD', 'PATCH', 'DELETE', 'POST', 'OPTIONS'].map((method) => [method, location]),
    ] as const;
    for (const [method = '', path] of calls)
      expect((await fetch(`${server.url}${path}`, { method })).status).toBe(401);
  });

  it.each([
    ['PUT', '/api/uploads'],
    ['GET', '/api/uploads/0b5ad2e2-21a2-4b1e-a0f4-7bd1a7b4c8ad'],
    ['POST', '/api/uploads/0b5ad2e2-21a2-4b1e-a0f4-7bd1a7b4c8ad'],
  ])('has no %s of %s', async (method, path) => {
    const response = await tus.send(method, path);
    expect([response.status, response.headers.get('allow')]).toEqual([405, expect.stringMatching(/OPTIONS/)]);
  });

  it('gives no address that a client has made up', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(
      'POST /api/uploads HTTP/1.1',
      'host: evil.example',
      'x-forwarded-host: evil.example',
      'x-forwarded-proto: javascript',
      'forwarded: host=evil.example;proto=http',
      `authorization: Bearer ${apiKey}`,
      'tus-resumable: 1.0.0',
      'upload-length: 1',
      '',
      '',
    );
    await connection.receive(/^HTTP\/1\.1 201 [^]*^location: \/api\/uploads\/[\w-]{36}\r$/im);
    expect(connection.received).not.toContain('evil');
  });

  it('gives the public address where there is one', async () => {
    await using published = await TestServer.start({
      root: inject('root'),
      env: { HEADY_PUBLIC_URL: 'https://files.example/' },
    });
    expect(published.output).not.toContain('without effect');
    const location = await new Tus(published).made(1);
    expect(location).toMatch(/^https:\/\/files\.example\/api\/uploads\/[\w-]{36}$/);
  });

  it('does not promise what is not there', async () => {
    await using bare = await TestServer.start({ root: inject('root') });
    const asked = await new Tus(bare).create(1, metadata({ durability: 'persistent' }));
    expect(await codeOf(asked)).toEqual([409, 'storage-not-persistent']);
    const told = await new Tus(bare).create(1, {}, 'x');
    expect([told.status, told.headers.get('x-durability')]).toEqual([201, 'ephemeral']);
  });
});

describe('a checksum', () => {
  const checksum = (algorithm: string, text: string) => ({
    'upload-checksum': `${algorithm} ${createHash(algorithm).update(text).digest('base64')}`,
  });

  it.each(['sha1', 'sha256', 'md5'])('by %s is verified before a byte counts', async (algorithm) => {
    const before = lying(directory);
    const location = await tus.made(6, metadata({ key: algorithm }));
    expect((await tus.patch(location, 0, 'abc', checksum(algorithm, 'abc'))).status).toBe(204);
    const wrong = await tus.patch(location, 3, 'dEf', checksum(algorithm, 'def'));
    expect(await codeOf(wrong)).toEqual([460, 'checksum-mismatch']);
    expect(await tus.offset(location)).toBe(3);
    expect((await tus.patch(location, 3, 'def', checksum(algorithm, 'def'))).status).toBe(204);
    expect(await (await file(algorithm)).text()).toBe('abcdef');
    expect(lying(directory)).toHaveLength(before.length + 1);
  });

  it('of what comes with a creation makes no upload when it is wrong', async () => {
    const before = lying(directory);
    const wrong = await tus.create(3, checksum('sha1', 'abc'), 'abC');
    expect(await codeOf(wrong)).toEqual([460, 'checksum-mismatch']);
    expect(lying(directory)).toEqual(before);
    const right = await tus.create(3, { ...metadata({ key: 'checked' }), ...checksum('sha1', 'abc') }, 'abc');
    expect([right.status, await (await file('checked')).text()]).toEqual([201, 'abc']);
  });

  it('of bytes that break off lets none of them count, and leaves nothing', async () => {
    const before = lying(directory);
    const location = await tus.made(100);
    const connection = await RawConnection.open(server.url);
    connection.send(
      `PATCH ${location} HTTP/1.1`,
      'host: x',
      `authorization: Bearer ${apiKey}`,
      'tus-resumable: 1.0.0',
      'content-type: application/offset+octet-stream',
      'upload-offset: 0',
      'content-length: 100',
      `upload-checksum: ${checksum('sha1', 'x')['upload-checksum']}`,
      '',
      'only this',
    );
    await waitFor(() => lying(directory).some((path) => path.includes('quarantine')));
    connection[Symbol.dispose]();
    await waitFor(() => lying(directory).length === before.length + 1);
    expect(await tus.offset(location)).toBe(0);
    await tus.send('DELETE', location);
  });
});

describe('two writers', () => {
  it('at once: the bytes of one of them count', async () => {
    for (let round = 0; round < 5; round += 1) {
      const location = await tus.made(100, metadata({ key: 'raced' }));
      using first = await opened(location, 100);
      using second = await opened(location, 100);
      for (let at = 0; at < 10; at += 1) {
        first.send('a'.repeat(10));
        await delay(5);
        second.send('b'.repeat(10));
      }
      for (const writer of [first, second]) await writer.receive(/^HTTP\/1\.1 (?:204|409|423) /);
      const offset = await tus.offset(location);
      if (offset < 100) await tus.patch(location, offset, 'c'.repeat(100 - offset));
      expect(await (await file('raced')).text()).toMatch(/^(?=.{100}$)(?:a*|b*)c*$/);
    }
  });

  it('one after the other: who asks how far it is takes the place of a connection that stands still', async () => {
    const location = await tus.made(100, metadata({ key: 'taken-over' }));
    using first = await opened(location, 100);
    first.send('a'.repeat(10));
    await waitFor(() =>
      lying(directory).some((path) => location.endsWith(basename(path)) && statSync(path).size === 10),
    );
    expect(await tus.offset(location)).toBe(10);
    expect((await tus.patch(location, 10, 'b'.repeat(90))).status).toBe(204);
    first.send('a'.repeat(90));
    await first.end(5000);
    expect(await (await file('taken-over')).text()).toBe('a'.repeat(10) + 'b'.repeat(90));
  });
});

describe('room', () => {
  it('is kept for what an upload says that it will have, and is given back', async () => {
    const location = await tus.made(200 * megabyte);
    expect(await codeOf(await tus.create(200 * megabyte))).toEqual([507, 'storage-full']);
    const put = { method: 'PUT', body: Buffer.alloc(150 * megabyte) };
    const refused = await server.fetch('/api/files/x', put).catch(() => undefined);
    if (refused) expect(await codeOf(refused)).toEqual([507, 'storage-full']);
    await tus.send('DELETE', location);
    const other = await tus.made(200 * megabyte);
    await tus.send('DELETE', other);
  });
});

describe('an upload of 200 MB', () => {
  it('is held in nobody’s memory', async () => {
    const piece = randomBytes(megabyte);
    await tus.create(megabyte, metadata({ key: 'small' }), piece);
    const location = await tus.made(200 * megabyte, metadata({ key: 'large' }));
    const before = memoryOf(server.pid).rssBytes;
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), 20);
    const body = NodeReadableStream.from(Array.from({ length: 200 }, () => piece)) as unknown as BodyInit;
    const response = await tus.patch(location, 0, body);
    clearInterval(sampling);
    expect([response.status, response.headers.get('upload-offset')]).toEqual([204, String(200 * megabyte)]);
    expect((most - before) / megabyte).toBeLessThan(40);
    await server.fetch('/api/files/large', { method: 'DELETE' });
  });
});

describe('a request that makes no sense', () => {
  const lengths = { 'upload-length': '5' };
  let before: string[] = [];
  beforeAll(() => {
    before = lying(directory);
  });
  afterEach(() => {
    if (String(lying(directory)) !== String(before)) throw new Error(`left: ${lying(directory).join(', ')}`);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['no length', {}, 400, 'bad-request'],
    ['a length that is none', { 'upload-length': '-1' }, 400, 'bad-request'],
    ['a length that is told later', { 'upload-defer-length': '1' }, 400, 'bad-request'],
    ['more than there may be', { 'upload-length': String(251 * megabyte) }, 413, 'payload-too-large'],
    ['more than there can be', { 'upload-length': '9'.repeat(30) }, 400, 'bad-request'],
    ['another version', { ...lengths, 'tus-resumable': '0.2.2' }, 412, 'unsupported-version'],
    ['a key that is none', { ...lengths, ...metadata({ key: '../x' }) }, 422, 'invalid-input'],
    ['metadata that is none', { ...lengths, 'upload-metadata': 'key ???' }, 400, 'bad-request'],
    ['metadata of two names', { ...lengths, 'upload-metadata': 'key YQ==,key Yg==' }, 400, 'bad-request'],
    ['metadata for no header', { ...lengths, ...metadata({ x: 'a\r\nb: c' }) }, 422, 'invalid-input'],
    [
      'more metadata than is kept',
      { ...lengths, ...metadata({ x: 'a'.repeat(2048) }) },
      422,
      'invalid-input',
    ],
    ['names that differ in case', { ...lengths, ...metadata({ By: 'a', by: 'b' }) }, 422, 'invalid-input'],
    ['a name too long', { ...lengths, ...metadata({ ['n'.repeat(65)]: 'a' }) }, 422, 'invalid-input'],
    ['a name for no header', { ...lengths, 'upload-metadata': 'a(b) YQ==' }, 422, 'invalid-input'],
    ['an odd durability', { ...lengths, ...metadata({ durability: 'forever' }) }, 422, 'invalid-input'],
    ['parts to put together', { ...lengths, 'upload-concat': 'partial' }, 400, 'bad-request'],
  ])('with %s begins no upload', async (_, headers, status, code) => {
    const response = await tus.send('POST', '/api/uploads', { headers });
    expect([...(await codeOf(response)), response.headers.get('tus-resumable')]).toEqual([
      status,
      code,
      '1.0.0',
    ]);
    if (status === 412) expect(response.headers.get('tus-version')).toBe('1.0.0');
  });

  it('brings more with its creation than it said: it begins no upload', async () => {
    const body = NodeReadableStream.from([Buffer.from('abcdefgh')]) as unknown as BodyInit;
    const content = { 'content-type': 'application/offset+octet-stream' };
    const init = { headers: { ...lengths, ...content }, body, duplex: 'half' } as RequestInit;
    const notes = readdirSync(join(directory, 'uploads/notes'));
    const response = await tus.send('POST', '/api/uploads', init).catch(() => undefined);
    if (response) expect(await codeOf(response)).toEqual([413, 'payload-too-large']);
    await waitFor(() => readdirSync(join(directory, 'uploads/notes')).length === notes.length);
  });

  it.each<[string, Record<string, string>, string, number, string]>([
    ['a wrong offset', { 'upload-offset': '1' }, 'abc', 409, 'conflict'],
    ['an offset that is none', { 'upload-offset': '1x' }, 'abc', 400, 'bad-request'],
    ['another type', { 'content-type': 'text/plain' }, 'abc', 415, 'unsupported-media-type'],
    ['more than is left', {}, 'abcdef', 413, 'payload-too-large'],
    ['a checksum of no kind', { 'upload-checksum': 'crc32 AAAA' }, 'abc', 400, 'bad-request'],
    ['a checksum that is none', { 'upload-checksum': 'sha1' }, 'abc', 400, 'bad-request'],
    [
      'a checksum and more than is left',
      { 'upload-checksum': 'sha1 AAAA' },
      'abcdef',
      413,
      'payload-too-large',
    ],
    [
      'a checksum and a wrong offset',
      { 'upload-checksum': 'sha1 AAAA', 'upload-offset': '1' },
      'a',
      409,
      'conflict',
    ],
  ])('with %s changes none', async (_, headers, body, status, code) => {
    const location = await tus.made(5);
    expect(await codeOf(await tus.patch(location, 0, body, headers))).toEqual([status, code]);
    expect(await tus.offset(location)).toBe(0);
    await tus.send('DELETE', location);
  });

  it.each(['x', '..%2fnotes%2fx', '0b5ad2e2-21a2-4b1e-a0f4-7bd1a7b4c8ad', '%00'])(
    'for the upload %s, which is none, is told so',
    async (id) => {
      for (const method of ['HEAD', 'PATCH', 'DELETE']) {
        const response = await tus.send(method, `/api/uploads/${id}`, {
          headers: { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
          ...(method === 'PATCH' && { body: 'x' }),
        });
        expect(response.status).toBe(404);
      }
    },
  );

  it('brings more than it said: what is too much is not taken', async () => {
    const location = await tus.made(5);
    const body = NodeReadableStream.from([Buffer.from('abc'), Buffer.from('defgh')]) as unknown as BodyInit;
    expect((await tus.patch(location, 0, body).catch(() => ({ status: 413 }))).status).toBe(413);
    expect(await tus.offset(location)).toBeLessThanOrEqual(5);
    await tus.send('DELETE', location);
  });

  it('breaks off: what came counts', async () => {
    const location = await tus.made(100);
    const connection = await opened(location, 100);
    connection.send('x'.repeat(40));
    await delay(200);
    connection[Symbol.dispose]();
    await waitFor(async () => (await tus.offset(location)) === 40 || undefined);
    await tus.send('DELETE', location);
  });
});

describe('an upload that is not finished in time', () => {
  it('is gone, with its room, and so is what is known of a finished one', async () => {
    const data = mkdtempSync(join(tmpdir(), 'data-'));
    const settings = { HEADY_DATA_DIR: data, HEADY_UPLOAD_TTL: '2s', HEADY_STORAGE_QUOTA: '1MB' };
    await using short = await TestServer.start({ root: inject('root'), env: settings });
    const shortly = new Tus(short);
    const finished = await shortly.create(3, metadata({ key: 'kept' }), 'abc');
    const created = await shortly.create(1_000_000);
    const location = created.headers.get('location') ?? '';
    expect(Date.parse(created.headers.get('upload-expires') ?? '') - Date.now()).toBeLessThan(2100);
    await shortly.patch(location, 0, 'abc');
    await waitFor(async () => [404, 410].includes((await shortly.head(location)).status));
    await waitFor(() => readdirSync(join(data, 'uploads/notes')).length === 0);
    await waitFor(() => lying(data).length === 1);
    expect([
      (await shortly.head(finished.headers.get('location') ?? '')).status,
      (await shortly.create(1_000_000)).status,
      await (await short.fetch('/api/files/kept')).text(),
    ]).toEqual([404, 201, 'abc']);
    rmSync(data, { recursive: true });
  });
});
