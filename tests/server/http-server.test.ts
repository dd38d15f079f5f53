import { readdirSync } from 'node:fs';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { RawConnection } from '../http/raw-connection.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';

const key = `authorization: Bearer ${apiKey}`;

/** The statuses of all answers that came. */
function statuses({ received }: RawConnection): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

function get(path: string, ...fields: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'host: x', ...fields, '', ''].join('\r\n');
}

describe('with thousands of connections on which hardly anything comes', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ root: inject('root') });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('the service is as ever, and rids itself of them', async () => {
    using connections = new DisposableStack();
    const open = async () => connections.use(await RawConnection.open(server.url));
    const used = await open();
    used.send(get('/api/health'));
    await used.receive(/"ok":true/);
    const slow: RawConnection[] = [];
    for (const count = await affordable(); slow.length < count;) {
      const more = await Promise.all(Array.from({ length: Math.min(500, count - slow.length) }, open));
      for (const [at, each] of more.entries()) if (at % 2 === 0) each.send('GET /api/health HTTP/1.1', 'x:');
      slow.push(...more);
    }
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
    expect((await server.fetch('/api/fixtures/silent')).status).toBe(200);
    expect(await server.answer('echo/anything', { value: 1 })).toBe(1);
    expect((await server.fetch('/metrics')).status).toBe(200);

    await waitFor(() => slow.every(({ ended }) => ended) || undefined, 60_000);
    expect(new Set(slow.flatMap(statuses))).toEqual(new Set([408]));
    used.send(get('/api/health', 'connection: close')); // one that waits for its next request is kept
    await used.end(5000);
    expect(statuses(used)).toEqual([200, 200]);
  }, 120_000);
});

/** 10,000, or what the limit of open files leaves room for. */
async function affordable(): Promise<number> {
  const { stdout } = await execa('sh', ['-c', 'ulimit -n']);
  return Math.min(10_000, Number(stdout) - 1000 || 10_000);
}

describe('one connection', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ root: inject('root'), env: { HEADY_MAX_IN_FLIGHT: '10' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('may not have more requests in flight than all together', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(get('/api/fixtures/slow', key).repeat(300));
    await waitFor(() => statuses(connection).length === 300 || undefined, 30_000);
    expect(statuses(connection).slice(0, 11)).toEqual([...Array<number>(10).fill(200), 503]);
    expect(new Set(statuses(connection))).toEqual(new Set([200, 503]));
    expect((await server.fetch('/api/fixtures/silent')).status).toBe(200);
  });

  it('is closed after 10,000 requests', async () => {
    using connection = await RawConnection.open(server.url);
    for (let sent = 0; sent < 10_000; sent += 100) {
      expect(connection.received).not.toMatch(/^connection: close/im);
      connection.received = '';
      connection.send(get('/api/health').repeat(100));
      await waitFor(() => statuses(connection).length === 100 || undefined);
    }
    expect(connection.received).toMatch(/^connection: close/im);
    connection.send(get('/api/health'));
    await connection.end(5000);
    expect(statuses(connection)).toHaveLength(100);
  });

  it('gets no answer within another one', async () => {
    using connection = await RawConnection.open(server.url);
    connection.send(get('/api/fixtures/stream', key));
    await connection.receive(/first /);
    connection.send('nonsense', '', '');
    await connection.end(5000);
    expect(statuses(connection)).toEqual([200]);
  });

  it('may break off before it is refused, whatever it asks for', async () => {
    for (const head of ['CONNECT x:1 HTTP/1.1', 'GET /api/health HTTP/1.1', 'nonsense'])
      for (let sent = 0; sent < 50; sent += 1) {
        using connection = await RawConnection.open(server.url);
        connection.send(head, 'host: x', 'connection: upgrade', 'upgrade: websocket', '', '');
        connection.reset();
      }
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
    expect(server.lines.filter(({ message }) => message.startsWith('uncaught exception'))).toEqual([]);
  });

  it('is not kept for a client that is refused and does not close it', async () => {
    using connections = new DisposableStack();
    const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const before = openFiles();
    const refused = async () => {
      const connection = connections.use(await RawConnection.open(server.url));
      connection.send('nonsense', '', '');
      await connection.receive(/^HTTP\/1\.1 400 /);
    };
    await Promise.all(Array.from({ length: 200 }, refused));
    expect(openFiles()).toBeGreaterThan(before + 100);
    await waitFor(() => openFiles() < before + 100 || undefined);
  });
});

describe('when too much is in flight', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ root: inject('root'), env: { HEADY_MAX_IN_FLIGHT: '1' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('no path leads past the refusal but those of health, metrics and the admin page', async () => {
    using held = await RawConnection.open(server.url);
    held.send('POST /api/fixtures/order HTTP/1.1', 'host: x', key, 'content-length: 9', '', '');
    await waitFor(async () => (await server.fetch('/api/fixtures/silent')).status === 503 || undefined);
    const found: Record<string, number | undefined> = {};
    for (const path of [...vital, ...others]) {
      using connection = await RawConnection.open(server.url);
      connection.send(get(path, 'connection: close'));
      await connection.end(5000);
      [found[path]] = statuses(connection);
      expect(connection.received).toMatch(/^x-request-id: /im);
      expect(connection.received).toMatch(/^content-security-policy: /im);
    }
    const isShed = Object.fromEntries(Object.entries(found).map(([path, status]) => [path, status === 503]));
    expect(isShed).toEqual({
      ...Object.fromEntries(vital.map((path) => [path, false])),
      ...Object.fromEntries(others.map((path) => [path, true])),
    });
  });
});

const vital = [
  '/api/health',
  '/api/health?x',
  '/metrics',
  '/admin',
  '/admin/',
  '/admin/app.js',
  '/api/admin/status',
];
const others = [
  '/api/health/x',
  '/api/health/../workers',
  '/admin/../api/workers',
  '/admin/%2e%2e/api/workers',
  '/admin/..%2fapi/workers',
  '/api/admin/../workers',
  '/api/admin/.%2e/workers',
  '/metrics/../api/workers',
  '/api/workers?/admin/',
  '/administer',
  '//admin/',
  'http://x/admin',
];
