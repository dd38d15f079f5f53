import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';
import { RawConnection } from './raw-connection.ts';

const megabyte = 1024 ** 2;
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_STORAGE_QUOTA: '4MB' } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The head of a request that is to store a file. */
function head(...headers: readonly string[]): string {
  const own = ['host: x', `authorization: Bearer ${apiKey}`, ...headers];
  return ['PUT /api/files/left HTTP/1.1', ...own, '', ''].join('\r\n');
}
const refused = 'if-match: "none"';
const next = 'GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

const tus: Readonly<Record<string, string>> = {
  'tus-resumable': '1.0.0',
  'upload-offset': '0',
  'content-type': 'application/offset+octet-stream',
};

describe('what is left of the body of a request that has been answered', () => {
  it('is read, where it is little, and the connection is used again', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(head(refused, `content-length: ${5 * megabyte}`));
    await connection.receive(/^HTTP\/1\.1 412 /);
    connection.send('x'.repeat(5 * megabyte), '');
    connection.send(next);
    await connection.receive(/HTTP\/1\.1 200 /);
  });

  it('is not waited for, where it is much', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(head(refused, `content-length: ${9 * megabyte}`));
    await connection.receive(/^HTTP\/1\.1 412 .*^connection: close\r$/ims);
    await connection.end(1000);
  });

  it('is not read for ever, where nothing says how much it is', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(head(refused, 'transfer-encoding: chunked'));
    await connection.receive(/^HTTP\/1\.1 412 /);
    for (let sent = 0; sent < 12 && !connection.ended; sent += 1) {
      connection.send(megabyte.toString(16), 'x'.repeat(megabyte), '');
      await delay(50);
    }
    await connection.end(1000);
  });

  it('is not waited for longer than 10 s', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(head(refused, 'content-length: 1000'));
    await connection.receive(/^HTTP\/1\.1 412 /);
    await delay(8000);
    expect(connection.ended).toBe(false);
    await connection.end(4000);
  });

  it.each([
    ['a wrong key', { authorization: 'Bearer wrong' }, 401],
    ['a condition that does not hold', { 'if-match': '"none"' }, 412],
    ['no room', {}, 507],
    ['an upload that there is none of', tus, 404],
  ])('does not keep a client that sends first from the answer: %s', async (_, headers, status) => {
    const target = headers === tus ? ['PATCH', '/api/uploads/none'] : ['PUT', '/api/files/left'];
    const words = [sendingFirst, server.url, ...target, JSON.stringify(headers)];
    const { stdout } = await execa('python3', ['-c', ...words]);
    expect(Number(stdout)).toBe(status);
  });
});

/** Python's own client sends all of a body before it reads anything. */
const sendingFirst = `
import http.client, json, sys
_, url, method, path, headers = sys.argv
connection = http.client.HTTPConnection(url.removeprefix('http://'))
connection.request(method, path, bytes(5_000_000), {'authorization': 'Bearer ${apiKey}', **json.loads(headers)})
print(connection.getresponse().status)
`;

describe('a client that waits with its body', () => {
  const expecting = 'expect: 100-continue';

  it('is told to send it, when it is read', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(head(expecting, 'content-length: 5'));
    await connection.receive(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    connection.send('hello');
    await connection.receive(/\r\n\r\nHTTP\/1\.1 201 /);
    expect(await (await server.fetch('/api/files/left')).text()).toBe('hello');
  });

  it('is told so for JSON and for forms as well', async () => {
    for (const type of ['application/json', 'multipart/form-data; boundary=b']) {
      using connection = await RawConnection.open(server.url);
      const headers = ['host: x', `authorization: Bearer ${apiKey}`, `content-type: ${type}`];
      const path = type.startsWith('multipart') ? '/api/files/form' : '/api/links';
      connection.send(`POST ${path} HTTP/1.1`, ...headers, expecting, 'content-length: 2', '', '');
      await connection.receive(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
      connection.send('{}');
      await connection.receive(/\r\n\r\nHTTP\/1\.1 4\d\d /);
    }
  });

  it.each([
    ['no room', [`content-length: ${5 * megabyte}`], 507],
    ['more than there may be', [`content-length: ${10_000 * megabyte}`], 413],
    ['a condition that does not hold', [refused, 'content-length: 5'], 412],
    ['a wrong digest', ['content-digest: sha-256=:x:', 'content-length: 5'], 400],
    ['a wrong key', ['authorization: Bearer wrong', 'content-length: 5'], 401],
  ])('is refused without it: %s', async (_, headers, status) => {
    using connection = await RawConnection.open(server.url);
    const own = headers.some((line) => line.startsWith('authorization'))
      ? ['PUT /api/files/left HTTP/1.1', 'host: x', expecting, ...headers, '', ''].join('\r\n')
      : head(expecting, ...headers);
    connection.send(own);
    await connection.receive(new RegExp(`^HTTP/1\\.1 ${status} `));
    await connection.end(1000);
    expect(connection.received).not.toContain('100 Continue');
  });
});
