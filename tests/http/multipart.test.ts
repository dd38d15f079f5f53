import { hash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa, execaSync } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer, waitFor } from '../server.ts';
import { RawConnection } from './raw-connection.ts';

interface Form {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly uploads: readonly {
    readonly field: string;
    readonly name: string;
    readonly type: string;
    readonly bytes: number;
    readonly sha1: string;
  }[];
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly limit?: string;
  readonly used?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const directory = mkdtempSync(join(tmpdir(), 'uploads-'));
const path = '/api/fixtures/upload';
const boundary = 'a-boundary';
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { FIXTURE_UPLOADS: directory, HEADY_MAX_BODY: '3MB', HEADY_MAX_UPLOAD: '8MB' },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});
afterEach(async () => {
  await waitFor(() => readdirSync(directory).length === 0 || undefined);
  const unforeseen = server.lines.find(({ message }) => message.startsWith('unhandled error'));
  if (unforeseen) throw new Error(unforeseen.message);
});

const sha1 = (content: string | Buffer) => hash('sha1', content);

/** A body of these parts, each with its head as it is and its content. */
function bodyOf(
  ...parts: readonly (readonly [head: string, content: string | Buffer])[]
): Buffer<ArrayBuffer> {
  const pieces = parts.flatMap(([head, content]) => [`--${boundary}\r\n${head}\r\n\r\n`, content, '\r\n']);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

async function post(
  body: RequestInit['body'],
  type = `multipart/form-data; boundary=${boundary}`,
): Promise<Response> {
  const headers = { 'content-type': type };
  return server.fetch(path, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
}

async function read(body: RequestInit['body']): Promise<Form> {
  const response = await post(body);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as Form;
}

async function refused(response: Response): Promise<Answer> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as Answer;
}

/** The name under which a file of this `content-disposition` arrives. */
async function nameOf(parameters: string): Promise<string | undefined> {
  const { uploads } = await read(bodyOf([`content-disposition: form-data; name="f"; ${parameters}`, 'x']));
  return uploads[0]?.name;
}

describe('a form', () => {
  it('of several files and fields arrives whole, in order', async () => {
    const form = new FormData();
    const [small, large] = [randomBytes(10), randomBytes(3 * 1024 ** 2)];
    form.append('title', 'Grüße 👋');
    form.append('photo', new File([small], 'a.png', { type: 'image/png' }));
    form.append('tag', 'one');
    form.append('tag', 'two');
    form.append('photo', new File([large], 'b.jpg', { type: 'image/jpeg' }));
    form.append('empty', new File([], 'nothing.txt', { type: 'text/plain' }));
    form.append('blank', '');
    const response = await server.fetch(path, { method: 'POST', body: form });
    expect(await response.json()).toEqual({
      fields: { title: ['Grüße 👋'], tag: ['one', 'two'], blank: [''] },
      uploads: [
        { field: 'photo', name: 'a.png', type: 'image/png', bytes: 10, sha1: sha1(small) },
        { field: 'photo', name: 'b.jpg', type: 'image/jpeg', bytes: large.length, sha1: sha1(large) },
        { field: 'empty', name: 'nothing.txt', type: 'text/plain', bytes: 0, sha1: sha1('') },
      ],
    });
  });

  it.skipIf(execaSync('curl', ['--version'], { reject: false }).failed)('of curl arrives whole', async () => {
    const content = randomBytes(2 * 1024 ** 2);
    const folder = mkdtempSync(join(tmpdir(), 'curl-'));
    const file = join(folder, 'Bücher "1".bin');
    writeFileSync(file, content);
    const data = `data=@"${file.replaceAll('"', String.raw`\"`)}";type=application/x-own`;
    const { stdout } = await execa('curl', [
      '--silent',
      '--header',
      `authorization: Bearer ${apiKey}`,
      '--form',
      'note=from curl',
      '--form',
      data,
      `${server.url}${path}`,
    ]);
    rmSync(folder, { recursive: true });
    expect(JSON.parse(stdout)).toEqual({
      fields: { note: ['from curl'] },
      uploads: [
        {
          field: 'data',
          name: 'Bücher "1".bin',
          type: 'application/x-own',
          bytes: content.length,
          sha1: sha1(content),
        },
      ],
    });
  });

  it('without parts is empty', async () => {
    expect(await read(`--${boundary}--\r\n`)).toEqual({ fields: {}, uploads: [] });
  });

  it('that comes byte by byte is the same', async () => {
    const content = `x--${boundary}\r\n\r--${boundary}--\n\r\n--a-boundar\r\n-`;
    const body = bodyOf(
      ['content-disposition: form-data; name=plain', content],
      ['Content-Disposition: form-data; name="f"; filename="f"', content],
    );
    const chunks = new ReadableStream<Uint8Array>({
      async pull(controller) {
        for (const byte of body) {
          controller.enqueue(Uint8Array.of(byte));
          await delay(1);
        }
        controller.close();
      },
    });
    expect(await read(chunks)).toEqual(await read(body));
    expect(await read(body)).toMatchObject({
      fields: { plain: [content] },
      uploads: [{ bytes: content.length, sha1: sha1(content) }],
    });
  });

  it('may have a preamble and an epilogue', async () => {
    const body = Buffer.concat([
      Buffer.from('This is multipart.\r\n'),
      bodyOf(['content-disposition: form-data; name="a"', '1']),
      Buffer.from(`and this\r\n--${boundary}\r\ncontent-disposition: form-data; name="b"\r\n\r\n2`),
    ]);
    expect((await read(body)).fields).toEqual({ a: ['1'] });
  });

  it('of a field named __proto__ is a field', async () => {
    const response = await post(bodyOf(['content-disposition: form-data; name="__proto__"', 'x']));
    expect(await response.text()).toBe('{"fields":{"__proto__":["x"]},"uploads":[]}');
  });

  it('of two megabytes in fields is read, as each is below one', async () => {
    const field = 'x'.repeat(1024 ** 2);
    const { fields } = await read(
      bodyOf(
        ['content-disposition: form-data; name="a"', field],
        ['content-disposition: form-data; name="b"', field],
      ),
    );
    expect([fields.a?.[0]?.length, fields.b?.[0]?.length]).toEqual([field.length, field.length]);
  });

  it('of as many files as parts are allowed holds few of them open', async () => {
    const within = ['sh', '-c', 'ulimit -n 300 && exec "$@"', 'sh'];
    await using limited = await TestServer.start({ root: inject('root'), within });
    const form = new FormData();
    for (let index = 0; index < 1000; index += 1) form.append('f', new File([String(index)], String(index)));
    const response = await limited.fetch(path, { method: 'POST', body: form });
    const { uploads } = (await response.json()) as Form;
    expect(uploads.map(({ name }) => name)).toEqual(
      Array.from({ length: 1000 }, (_, index) => String(index)),
    );
    expect(uploads.every(({ name, sha1: digest }) => digest === sha1(name))).toBe(true);
  });
});

describe('a file name', () => {
  it.each([
    ['filename="../../etc/passwd"', 'passwd'],
    [String.raw`filename="C:\x\y.txt"`, 'y.txt'],
    [String.raw`filename="..\\..\\y.txt"`, 'y.txt'],
    ['filename=".."', 'file'],
    ['filename="a/."', 'file'],
    ['filename=""', 'file'],
    ['filename="a/b/"', 'file'],
    ['filename="a\0b.txt"', 'ab.txt'],
    ['filename=".\0."', 'file'],
    ['filename="a\u001b[31m.txt"', 'a[31m.txt'],
    ['filename="a\u202egpj.exe"', 'agpj.exe'],
    ['filename="a%0D%0Aset-cookie: b.txt"', 'aset-cookie: b.txt'],
    ['filename="%22a%22.txt"', '"a".txt'],
    ['filename="100%25.txt"', '100%25.txt'],
    [String.raw`filename="\"a\".txt"`, '"a".txt'],
    ['filename=token.txt', 'token.txt'],
    ['filename="a;b=c.txt"', 'a;b=c.txt'],
    ['filename="名前👋.txt"', '名前👋.txt'],
    [`filename*=UTF-8''na%C3%AFve%20%F0%9F%91%8B.txt`, 'naïve 👋.txt'],
    [`filename*=iso-8859-1'en'%A3.txt`, '£.txt'],
    [`filename*=UTF-8''b.txt; filename="a.txt"`, 'b.txt'],
    [`filename="a.txt"; filename*=utf-8'de'b.txt`, 'b.txt'],
    [`filename="a.txt"; filename*=EBCDIC''b.txt`, 'a.txt'],
    [`filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`, 'passwd'],
    [`filename*=UTF-8''a%ED%A0%80%zz.txt`, 'a\ufffd\ufffd\ufffd%zz.txt'],
    [`filename="${'ü'.repeat(300)}.tar.gz"`, `${'ü'.repeat(126)}.gz`],
    [`filename="a.${'👋'.repeat(100)}"`, `a.${'👋'.repeat(63)}`],
  ])('of %j is %j', async (parameters, name) => {
    expect(await nameOf(parameters)).toBe(name);
  });

  it.each([1024, 1025, 20_000])('of %i bytes is cut up to 1024, else refused', async (bytes) => {
    const head = `content-disposition: form-data; name="a/~b"; filename="${'x'.repeat(bytes - 4)}.txt"`;
    const response = await post(bodyOf([head, 'x']));
    if (bytes <= 1024)
      return expect(((await response.json()) as Form).uploads[0]?.name).toBe(`${'x'.repeat(251)}.txt`);
    expect(await refused(response)).toMatchObject({
      status: 422,
      code: 'invalid-input',
      errors: [{ pointer: '/a~1~0b', detail: 'the file name is longer than 1024 bytes' }],
    });
  });

  it.each([
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['nonsense', 'application/octet-stream'],
    ['text/html\u0001', 'application/octet-stream'],
  ])('of type %j arrives as %j', async (given, type) => {
    const head = `content-disposition: form-data; name="f"; filename="f"\r\ncontent-type: ${given}`;
    expect((await read(bodyOf([head, 'x']))).uploads[0]?.type).toBe(type);
  });
});

describe('a content type', () => {
  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="ends in a space "',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
    'multipart/form-data; boundary=<>',
  ])('%j has no boundary: 400', async (type) => {
    const answer = await refused(await post(bodyOf(['content-disposition: form-data; name=a', 'x']), type));
    expect(answer).toMatchObject({ status: 400, code: 'malformed-body' });
    expect(answer.detail).toMatch(/no boundary of 1 to 70 characters/);
  });

  it.each([
    `Multipart/Form-Data; Boundary="${boundary}"`,
    `multipart/form-data; charset=utf-8; boundary=${boundary}`,
  ])('%j has one', async (type) => {
    expect((await post(bodyOf(['content-disposition: form-data; name=a', 'x']), type)).status).toBe(200);
  });
});

describe('a malformed body', () => {
  const whole = bodyOf(['content-disposition: form-data; name="f"; filename="f"', 'x'.repeat(200_000)]);

  it.each([
    ['of another boundary', bodyOf().toString().replaceAll(boundary, 'other'), /ends before/],
    ['that is empty', '', /ends before/],
    ['that is no multipart', '{"a": 1}', /ends before/],
    ['that ends in a file', whole.subarray(0, 100_000), /ends before/],
    ['that ends in a head', whole.subarray(0, 30), /ends before/],
    ['that ends before the last dashes', whole.subarray(0, -4), /ends before/],
    [
      'with a part without any header',
      `--${boundary}\r\n\r\nx\r\n--${boundary}--`,
      /Part 1 has no `content-disp/,
    ],
    [
      'with a part of a head alone',
      `--${boundary}\r\ncontent-disposition: form-data; name=a\r\n--${boundary}--`,
      /an empty line after its headers/,
    ],
    [
      'with a part without a name',
      bodyOf(['content-disposition: form-data; filename="a"', 'x']),
      /Part 1 has no name/,
    ],
    [
      'with an attachment',
      bodyOf(['content-disposition: attachment; name="a"', 'x']),
      /Part 1 has no `content-disp/,
    ],
    [
      'with an open quote',
      bodyOf(['content-disposition: form-data; name="a', 'x']),
      /Part 1 has no `content-disp/,
    ],
    [
      'with a bare line feed',
      bodyOf(['content-disposition: form-data; name="a\nb"', 'x']),
      /Part 1 has no `content-disp/,
    ],
  ])('%s is 400', async (_how, body, detail) => {
    const answer = await refused(await post(body));
    expect(answer).toMatchObject({ status: 400, code: 'malformed-body' });
    expect(answer.detail).toMatch(detail);
  });

  it('leaves the second part out of sight when the first is refused', async () => {
    const answer = await refused(
      await post(bodyOf(['content-disposition: form-data; name="a"', Buffer.of(0xff)], ['x: y', 'x'])),
    );
    expect(answer).toMatchObject({
      status: 422,
      errors: [{ pointer: '/a', detail: expect.stringMatching(/UTF-8/) }],
    });
  });
});

describe('a part', () => {
  it.each([
    [
      'multipart within multipart',
      'content-type: multipart/mixed; boundary=inner',
      /multipart within multipart/,
    ],
    ['base64', 'content-transfer-encoding: BASE64', /encoded as BASE64/],
  ])('of %s is 422', async (_what, header, detail) => {
    const body = bodyOf([`content-disposition: form-data; name="files"\r\n${header}`, '--inner--']);
    const answer = await refused(await post(body));
    expect(answer).toMatchObject({ status: 422, errors: [{ pointer: '/files' }] });
    expect(answer.errors?.[0]?.detail).toMatch(detail);
  });

  it('of a name of more than 1024 bytes is 422', async () => {
    const body = bodyOf([`content-disposition: form-data; name="${'ü'.repeat(513)}"`, 'x']);
    const answer = await refused(await post(body));
    expect(answer).toMatchObject({
      status: 422,
      errors: [{ detail: expect.stringMatching(/name of part 1/) }],
    });
  });

  it('too many is 413', async () => {
    const parts = Array.from(
      { length: 5000 },
      () => ['content-disposition: form-data; name=f; filename=f', ''] as const,
    );
    expect(await refused(await post(bodyOf(...parts)))).toMatchObject({
      status: 413,
      code: 'payload-too-large',
      limit: '1000 parts',
    });
  });

  it('that is a field of more than 1MB is 413 and named', async () => {
    const body = bodyOf(['content-disposition: form-data; name="text"', 'x'.repeat(1024 ** 2 + 1)]);
    expect(await refused(await post(body))).toMatchObject({
      status: 413,
      limit: '1MB',
      errors: [{ pointer: '/text' }],
    });
  });

  it('that brings all fields over HEADY_MAX_BODY is 413 and named', async () => {
    const field = 'x'.repeat(1024 ** 2);
    const parts = ['a', 'b', 'c', 'd'].map(
      (name) => [`content-disposition: form-data; name=${name}`, field] as const,
    );
    expect(await refused(await post(bodyOf(...parts)))).toMatchObject({
      status: 413,
      limit: '3MB',
      errors: [{ pointer: '/d' }],
    });
  });
});

/** The head of a request, sent by hand. */
function requestHead(length: string, to = path, type = `multipart/form-data; boundary=${boundary}`): string {
  const headers = ['host: x', `authorization: Bearer ${apiKey}`, `content-type: ${type}`, length];
  return [`POST ${to} HTTP/1.1`, ...headers, '', ''].join('\r\n');
}
const fileHead = [`--${boundary}`, 'content-disposition: form-data; name=f; filename=f', '', ''];

describe('a body over HEADY_MAX_UPLOAD', () => {
  it('is 413 before it is read when it is announced', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(requestHead(`content-length: ${9 * 1024 ** 2}`));
    await connection.receive(/^HTTP\/1\.1 413 .*"limit":"8MB","used":"9MB"/s);
    await connection.end(1000);
    expect(connection.received).toMatch(/^connection: close\r$/im);
  });

  it('is 413 as soon as it is over when it comes in chunks', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(requestHead('transfer-encoding: chunked'));
    const start = fileHead.join('\r\n');
    connection.send(start.length.toString(16), start, '');
    for (let sent = 0; sent < 9; sent += 1)
      connection.send((1024 ** 2).toString(16), 'x'.repeat(1024 ** 2), '');
    await connection.receive(/^HTTP\/1\.1 413 .*"limit":"8MB"/s);
    await connection.end(1000);
    expect(connection.received).toMatch(/^connection: close\r$/im);
  });

  it('is 413 by its length for a route that reads it in a way of its own', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(requestHead(`content-length: ${9 * 1024 ** 2}`, '/api/fixtures/upload-or-json'));
    await connection.receive(/^HTTP\/1\.1 413 .*"limit":"8MB","used":"9MB"/s);
  });

  it.each([
    ['JSON', '/api/fixtures/upload-or-json', 'application/json'],
    ['a route that takes no uploads', '/api/fixtures/order', undefined],
  ])('does not raise the limit of %s', async (_of, to, type) => {
    using connection = await RawConnection.open(server.url);
    connection.send(requestHead(`content-length: ${4 * 1024 ** 2}`, to, type));
    await connection.receive(/^HTTP\/1\.1 413 .*"limit":"3MB","used":"4MB"/s);
  });
});

describe('a client', () => {
  it('that is refused may go on to send a small body, and use its connection again', async () => {
    using connection = await RawConnection.open(server.url);
    const start = `--${boundary}\r\nx: y\r\n\r\nx`;
    connection.send(requestHead('content-length: 1000000') + start);
    await connection.receive(/^HTTP\/1\.1 400 .*"malformed-body"/s);
    connection.send('x'.repeat(1_000_000 - start.length));
    connection.send('GET /api/health HTTP/1.1', 'host: x', 'connection: close', '', '');
    await connection.receive(/HTTP\/1\.1 200 /);
  });

  it('that is slow is waited for', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(requestHead('transfer-encoding: chunked'));
    for (const piece of [
      ...fileHead.map((line) => `${line}\r\n`).slice(0, -1),
      'x',
      'y',
      `\r\n--${boundary}--`,
    ]) {
      connection.send(piece.length.toString(16), piece, '');
      await delay(100);
    }
    connection.send('0', '', '');
    await connection.receive(new RegExp(`^HTTP/1\\.1 200 .*"bytes":2,"sha1":"${sha1('xy')}"`, 's'));
  });

  it('that goes away leaves nothing', async () => {
    const connection = await RawConnection.open(server.url);
    connection.send(requestHead('content-length: 5000000') + fileHead.join('\r\n'), 'x'.repeat(300_000));
    await waitFor(() => readdirSync(directory, { recursive: true }).length === 2 || undefined);
    connection[Symbol.dispose]();
    await waitFor(() => readdirSync(directory).length === 0 || undefined);
    expect((await server.fetch('/api/health')).status).toBe(200);
  });

  it.each([0, 1, 10, 100, 1000])('that goes away %i KB into its files leaves nothing', async (kilobytes) => {
    const files = Array.from({ length: 20 }, () => [...fileHead, 'x'.repeat(50 * 1024), ''].join('\r\n'));
    const connections = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(server.url)));
    for (const connection of connections)
      connection.send(requestHead('content-length: 5000000') + files.join('').slice(0, kilobytes * 1024));
    await delay(20);
    for (const connection of connections) connection[Symbol.dispose]();
    await waitFor(() => readdirSync(directory).length === 0 || undefined);
    expect((await server.fetch('/api/health')).status).toBe(200);
  });
});

/** Runs what follows with a disk of 1MB of its own at `directory`. */
const smallDisk = [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"',
  directory,
];
const canMount = !execaSync('unshare', [...smallDisk.slice(1), 'true'], { reject: false }).failed;

describe.skipIf(!canMount)(`a disk that is full ${canMount ? '' : '(needs user namespaces)'}`, () => {
  it('is 507, and has room again after it', async () => {
    await using full = await TestServer.start({
      root: inject('root'),
      env: { FIXTURE_UPLOADS: directory },
      within: smallDisk,
    });
    const send = async (bytes: number) => {
      const body = new FormData();
      body.append('f', new File([randomBytes(bytes)], 'f'));
      return full.fetch(path, { method: 'POST', body });
    };
    expect(await refused(await send(1.5 * 1024 ** 2))).toMatchObject({ status: 507, code: 'storage-full' });
    expect((await send(900_000)).status).toBe(200);
    expect((await send(900_000)).status).toBe(200);
  });
});

it('tells a route that has forgotten `uploads: true`', async () => {
  await using other = await TestServer.start({ root: inject('root') });
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const response = await other.fetch('/api/fixtures/upload-undeclared', {
    method: 'POST',
    body: bodyOf(),
    headers,
  });
  expect(await response.json()).toMatchObject({
    status: 500,
    traceback: expect.stringMatching(/^TypeError: \/api\/fixtures\/upload-undeclared .*`uploads: true`/),
  });
});
