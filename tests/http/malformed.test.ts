import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';
import { malformed } from './malformed-requests.ts';
import { RawConnection } from './raw-connection.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

async function statusOf(path: string): Promise<number> {
  return (await fetch(`${server.url}${path}`)).status;
}

/** The statuses of all answers that came. */
function statuses({ received }: RawConnection): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

describe('a malformed request', () => {
  it.each(malformed)('with $name is refused with $status', async ({ bytes, status, closes }) => {
    using connection = await RawConnection.open(server.url);
    connection.sendBytes(bytes);
    await connection.receive(/^HTTP\/1\.1 \d{3} [^]*\}$/);
    if (closes) await connection.end(5000);
    else connection.send('GET /api/health HTTP/1.1', 'host: x', 'connection: close', '', '');
    await connection.end(5000);
    expect(statuses(connection)).toEqual(closes ? [status] : [status, 200]);
    expect(connection.received).toMatch(/^content-type: application\/problem\+json\r$/im);
    expect(connection.received).toMatch(/^x-request-id: [\da-f-]{36}\r$/im);
    expect(connection.received).toMatch(/^content-security-policy: default-src 'none'/im);
    expect([await statusOf('/api/health'), await statusOf('/api/workers')]).toEqual([200, 401]);
  });
});

/** Ways to a private route that look like something else. */
const tricks = [
  '/api/./workers',
  '/api/health/../workers',
  '/api/health/%2e%2e/workers',
  '/api/health/.%2E/workers',
  '/api/health/../fixtures/silent',
  '/api/fixtures/public/../silent',
  '/api/fixtures/silent/.',
  '/api/fixtures/silent/',
  '/api/fixtures/silent//',
  '/api/workers/',
  '/api/%77orkers',
  '/%61pi/workers',
  '/api/workers?/api/health',
  '/api/workers?access=public',
  '/admin/../api/workers',
  '/admin/%2e%2e/api/workers',
  '/api/admin/../workers',
  '/api/admin/%2e%2e/%2e%2e/api/fixtures/silent',
  '/metrics/../api/workers',
  '/v1/models/%2e%2e/%2e%2e/api/workers',
  'http://evil/api/workers',
  'https://evil/api/fixtures/silent',
  'http://a:b@evil/api/workers',
];

/** Paths that are like that of a private route, and are none. */
const misses = [
  '//api/workers',
  '/api//workers',
  '/API/WORKERS',
  '/api/workers;x=1',
  '/api/workers%20',
  '/api/workers%00',
  '/api/workers.',
  '/api%2fworkers',
  '/api%5cworkers',
  '/api/health/..;/workers',
  '/api/health%2f..%2fworkers',
  '/api/health/..%2fworkers',
  '//evil/api/fixtures/silent',
  '//admin',
  '/.env',
  '/../../etc/passwd',
  '/_openapi.json',
];

describe('without the key', () => {
  it.each([...tricks.map((path) => [path, 401] as const), ...misses.map((path) => [path, 404] as const)])(
    '%s is %i',
    async (target, status) => {
      using connection = await RawConnection.open(server.url);
      connection.send(`GET ${target} HTTP/1.1`, 'host: x', 'connection: close', '', '');
      await connection.end(5000);
      expect(statuses(connection)).toEqual([status]);
    },
  );

  it.each([
    ['x-original-url: /api/health', 'x-rewrite-url: /api/health', 'x-http-method-override: HEAD'],
    ['x-forwarded-for: 127.0.0.1', 'x-forwarded-host: localhost', 'x-forwarded-proto: https'],
    ['forwarded: for=127.0.0.1;host=localhost', 'x-real-ip: 127.0.0.1', 'true-client-ip: 127.0.0.1'],
    ['__proto__: x', 'constructor: x', 'x-heady-principal: key:primary'],
    ['authorization: Bearer wrong', `authorization: Bearer ${apiKey}`],
    ['x-heady-api-key: wrong', `x-heady-api-key: ${apiKey}`],
    [`cookie: authorization=Bearer ${apiKey}`, `x-authorization: Bearer ${apiKey}`],
    ['connection: authorization', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'],
    ['connection: upgrade', 'upgrade: websocket'],
  ])('a private route is 401 to %s', async (...fields) => {
    using connection = await RawConnection.open(server.url);
    connection.send('GET /api/fixtures/silent HTTP/1.1', 'host: x', ...fields, '', '');
    await connection.receive(/\}$/);
    expect(statuses(connection)).toEqual([401]);
  });

  it('a key behind the body comes too late', async () => {
    const key = `authorization: Bearer ${apiKey}`;
    using connection = await RawConnection.open(server.url);
    connection.send('POST /api/fixtures/order HTTP/1.1', 'host: x', 'content-type: application/json', '');
    connection.send('trailer: authorization', 'transfer-encoding: chunked', '', '');
    connection.send('17', '{"name":"x","items":[]}', '0', key, '', '');
    await connection.receive(/\}$/);
    expect(statuses(connection)).toEqual([401]);
  });
});

describe('bytes at random', () => {
  const request =
    'POST /api/fixtures/order HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  /** A request with some of it replaced. */
  const damaged = fc
    .tuple(fc.constantFrom(request, ...malformed.map(({ bytes }) => bytes)), fc.nat(), fc.nat(20), noise)
    .map(([bytes, at, length, other]) => {
      const start = at % bytes.length;
      return bytes.slice(0, start) + other + bytes.slice(start + length);
    });
  const withoutKey = fc.oneof(noise, damaged).map((bytes) => bytes.replaceAll(apiKey, 'no-key'));

  it('never get through to a private route, and the service lives', async () => {
    const many = fc.array(withoutKey, { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(many, async (each) => {
        await Promise.all(each.map(sendAndLeave));
        expect([await statusOf('/api/health'), await statusOf('/api/workers')]).toEqual([200, 401]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
    const answered = server.lines.filter(({ message }) => message === 'request');
    const letIn = answered.filter(({ status, path }) => Number(status) < 300 && isPrivate(String(path)));
    expect(answered.length).toBeGreaterThan(0);
    expect(letIn).toEqual([]);
  });

  function isPrivate(path: string): boolean {
    return !/\/api\/health\/?$/.test(path);
  }

  /** Waits for an answer for a moment: what was sent may be a part of a request. */
  async function sendAndLeave(bytes: string): Promise<void> {
    using connection = await RawConnection.open(server.url);
    connection.sendBytes(bytes);
    await connection.end(100).catch(() => undefined);
  }
});
