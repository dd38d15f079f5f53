import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';

import { RawConnection } from '../http/raw-connection.ts';
import { apiKey, TestServer } from '../server.ts';
import { OpenSocket } from './open-socket.ts';

const path = '/api/fixtures/socket';
const key = { authorization: `Bearer ${apiKey}` };

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_MAX_BODY: '64KB', HEADY_CORS_ORIGINS: 'https://*.example.com' },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function open(headers: Readonly<Record<string, string>> = key): Promise<OpenSocket> {
  return OpenSocket.open(`${server.url}${path}`, headers);
}

/** A handshake as it has to be, with other lines in place of some; a line without a value is left out. */
function handshake(target: string, changed: Readonly<Record<string, string>> = {}): string[] {
  const fields = {
    host: new URL(server.url).host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...key,
    ...changed,
  };
  const { method = 'GET', ...headers } = fields as Record<string, string>;
  const lines = Object.entries(headers).flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  return [`${method} ${target} HTTP/1.1`, ...lines, '', ''];
}

/** What is said to a handshake, when the server has closed the connection. */
async function refusal(
  target: string,
  changed: Readonly<Record<string, string>> = {},
  { url } = server,
): Promise<string> {
  using connection = await RawConnection.open(url);
  connection.send(...handshake(target, changed));
  await connection.end(10_000);
  return connection.received;
}

/** Every refusal is an answer of its own, and the log has it. */
async function expectRefused(answer: string, status: number, code: string): Promise<void> {
  const [, requestId] = /^x-request-id: (\S+)\r$/im.exec(answer) ?? [];
  const [head, body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toMatch(/^content-type: application\/problem\+json\r?$/im);
  expect(head).toMatch(/^connection: close\r?$/im);
  expect(body).toContain(`"code":"${code}"`);
  expect(body).toContain(`"requestId":"${requestId}"`);
  const line = await server.line((each) => each.message === 'request' && each.requestId === requestId);
  expect([line.status, line.aborted]).toEqual([status, undefined]);
}

describe('a WebSocket', () => {
  it('is a conversation, in which Python may be called', async () => {
    using socket = await open();
    await socket.receives('welcome');
    socket.send('hello');
    await socket.receives('hello');
    socket.send('python');
    await socket.receives('1');
    expect(socket.received).toEqual(['welcome', 'hello', '1']);
  });

  it('is a request in the log, from its handshake to its end', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(...handshake(path, { 'x-request-id': 'a-conversation' }));
    await connection.receive(/welcome/);
    expect(connection.received).toMatch(/^HTTP\/1.1 101 .*^x-request-id: a-conversation\r$/ims);
    expect(connection.received).toMatch(/^x-agreed: yes\r$/im);
    connection[Symbol.dispose]();
    const line = await server.line(({ requestId }) => requestId === 'a-conversation');
    expect(line).toMatchObject({ message: 'request', status: 101, route: path, method: 'GET' });
    expect(line).not.toHaveProperty('aborted');
    const metrics = await (await server.fetch('/metrics')).text();
    expect(metrics).toContain(`heady_http_requests_total{method="GET",route="${path}",status="101"}`);
  });

  it.each([
    ['the service itself', () => server.url],
    ['an allowed origin', () => 'https://app.example.com'],
  ])('is opened from a page of %s', async (_, origin) => {
    using socket = await open({ ...key, origin: origin() });
    await expect(socket.receives('welcome')).resolves.toBeUndefined();
  });

  it('whose hook fails is closed, and the log says why', async () => {
    using socket = await open();
    socket.send('fail');
    expect((await socket.end()).code).toBe(1011);
    await server.line(({ error }) => String(error).includes('this message fails'));
    expect((await server.fetch('/api/health')).status).toBe(200);
  });

  it('takes no larger message than a body may be', async () => {
    using socket = await open();
    socket.send('x'.repeat(60_000));
    await socket.receives('x'.repeat(60_000));
    socket.send('x'.repeat(70_000));
    expect((await socket.end()).code).toBe(1009);
  });
});

describe('a handshake is refused, and its connection closed,', () => {
  it.each([
    ['without a key', path, { authorization: '' }, 401, 'unauthorized'],
    ['with a wrong key', path, { authorization: 'Bearer wrong' }, 401, 'unauthorized'],
    ['from a page of another origin', path, { origin: 'https://example.com' }, 403, 'forbidden'],
    ['from another port', path, { origin: 'http://127.0.0.1:1' }, 403, 'forbidden'],
    ['from a page without an origin', path, { origin: 'null' }, 403, 'forbidden'],
    ['from a page of an app', path, { origin: 'capacitor://localhost' }, 403, 'forbidden'],
    ['at a route that is none for it, which is not run', '/api/fixtures/throws', {}, 400, 'bad-request'],
    ['at such a route by POST', '/api/fixtures/crash', { method: 'POST' }, 400, 'bad-request'],
    ['at a public route', '/api/health', { authorization: '' }, 400, 'bad-request'],
    ['at a path that is none', '/api/nowhere', {}, 404, 'not-found'],
    ['at a path of another method', '/api/fixtures/order', {}, 405, 'method-not-allowed'],
    ['by another method', path, { method: 'PUT' }, 400, 'bad-request'],
    ['with a malformed key', path, { 'sec-websocket-key': 'short' }, 400, 'bad-request'],
    ['without a key of its own', path, { 'sec-websocket-key': '' }, 400, 'bad-request'],
    ['with malformed protocols', path, { 'sec-websocket-protocol': 'a,,b' }, 400, 'bad-request'],
    ['with a protocol twice', path, { 'sec-websocket-protocol': 'a, a' }, 400, 'bad-request'],
    ['of another version', path, { 'sec-websocket-version': '99' }, 426, 'upgrade-required'],
    ['when the upgrade fails', `${path}?fails`, {}, 500, 'internal-error'],
  ])('%s', async (_, target, changed, status, code) => {
    await expectRefused(await refusal(target, changed), status, code);
    expect((await server.fetch('/api/health')).status).toBe(200);
  });

  it.each(['refused', 'thrown'])('by the route, with its own answer, %s', async (query) => {
    const answer = await refusal(`${path}?${query}`);
    expect(answer).toMatch(/^HTTP\/1.1 418 .*\r\n\r\n2\r\nno\r\n/s);
    expect(answer).toMatch(/^x-request-id: /im);
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  it('from a page of any origin where all may call, and beyond the rate limit', async () => {
    const env = { HEADY_CORS_ORIGINS: '*', HEADY_RATE_LIMIT_MAX: '2' };
    await using other = await TestServer.start({ root: inject('root'), env });
    const origin = { origin: 'https://example.com' };
    expect(await refusal(path, origin, other)).toMatch(/^HTTP\/1.1 403 .*"code":"forbidden"/s);
    expect(await refusal(path, origin, other)).toMatch(/^HTTP\/1.1 403 /);
    const limited = await refusal(path, {}, other);
    expect(limited).toMatch(/^HTTP\/1.1 429 .*^retry-after: \d+\r$.*"code":"rate-limited"/ims);
    expect(limited).toMatch(/^connection: close\r$/im);
  });

  it('as a real client sees it', async () => {
    await expect(open({})).rejects.toThrow('no WebSocket');
    await expect(open({ ...key, origin: 'https://example.com' })).rejects.toThrow('no WebSocket');
  });

  it('behind a request that is not answered yet', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send('GET /api/fixtures/slow HTTP/1.1', 'host: x', `authorization: Bearer ${apiKey}`, '', '');
    connection.send(...handshake(path));
    await connection.end(10_000);
    expect(connection.received).toBe('');
    expect((await server.fetch('/api/health')).status).toBe(200);
  });

  it.each(['slow', 'slow&refused', 'slow&fails'])(
    'and a client that breaks off harms nobody: %s',
    async (query) => {
      const ids = Array.from({ length: 5 }, (_, number) => `${query}-${number}`.replace('&', '-'));
      for (const id of ids) {
        const connection = await RawConnection.open(server.url);
        connection.send(...handshake(`${path}?${query}`, { 'x-request-id': id }));
        await server.fetch('/api/health'); // it has been taken before it
        connection.reset();
      }
      for (const id of ids) await server.line(({ requestId }) => requestId === id);
      expect((await server.fetch('/api/health')).status).toBe(200);
      expect(server.lines.filter(({ message }) => message.startsWith('uncaught exception'))).toEqual([]);
    },
  );
});

describe('an ordinary request', () => {
  it('for a WebSocket route is told that it needs one', async () => {
    const response = await server.fetch(path);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(await response.json()).toMatchObject({ code: 'upgrade-required' });
  });

  it.each(['h2c', 'TLS/1.0', 'HTTP/2.0, websocket'])(
    'that offers %s is answered as it is',
    async (protocol) => {
      using connection = await RawConnection.open(server.url);
      connection.send(
        'GET /api/health HTTP/1.1',
        'host: x',
        'connection: Upgrade, HTTP2-Settings',
        `upgrade: ${protocol}`,
        'http2-settings: AAMAAABkAAQAAP__',
        '',
        '',
      );
      await connection.receive(/^HTTP\/1.1 200 .*"ok":true.*\}/s);
      expect(connection.received).toMatch(/^connection: keep-alive\r$/im);
    },
  );
});

describe('at SIGTERM', () => {
  let ending: TestServer;

  afterEach(() => ending.process.kill('SIGKILL'));

  it('every WebSocket is closed with 1001, and nobody who does not answer is waited for', async () => {
    ending = await TestServer.start({ root: inject('root') });
    const sockets = await Promise.all(
      Array.from({ length: 5 }, async () => OpenSocket.open(`${ending.url}${path}`, key)),
    );
    using silent = await RawConnection.open(ending.url);
    silent.send(...handshake(path));
    await silent.receive(/welcome/);
    ending.process.kill('SIGTERM');
    for (const socket of sockets) expect(await socket.end()).toEqual({ code: 1001, reason: 'shutting down' });
    expect((await ending.process).exitCode).toBe(0);
    expect(
      ending.lines.filter(({ message, status }) => message === 'request' && status === 101),
    ).toHaveLength(6);
    expect(ending.lines.filter(({ message }) => message.startsWith('requests still run'))).toEqual([]);
  });

  it('no further one is opened', async () => {
    ending = await TestServer.start({ root: inject('root') });
    using connection = await RawConnection.open(ending.url);
    const [first = '', ...rest] = handshake(path);
    connection.send(first, '');
    await ending.fetch('/api/health'); // the first bytes have come before it
    ending.process.kill('SIGTERM');
    await ending.line(({ message }) => message === 'draining');
    connection.send(...rest);
    await connection.end(10_000);
    expect(connection.received).toMatch(/^HTTP\/1.1 503 .*"code":"shutting-down"/s);
    expect((await ending.process).exitCode).toBe(0);
  });
});
