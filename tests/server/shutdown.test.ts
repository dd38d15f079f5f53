import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { afterEach, describe, expect, inject, it } from 'vitest';

import { RawConnection } from '../http/raw-connection.ts';
import { processes, processTree } from '../processes.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';

let server: TestServer;

afterEach(() => server.process.kill('SIGKILL'));

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  server = await TestServer.start({ root: inject('root'), env });
  await server.call('hostile/wait', { seconds: 0 }); // the worker is loaded
}

/** A call of some seconds that has begun. */
async function runningCall(seconds: number): Promise<{ readonly answer: Promise<Response> }> {
  const headers = { 'content-type': 'application/json', 'x-request-id': 'running' };
  const answer = server.call('hostile/wait', { seconds }, { headers });
  await server.line(({ message, requestId }) => message === 'waiting' && requestId === 'running');
  return { answer };
}

/** The server's process and all below it. */
function processIds(): ReadonlySet<number> {
  return new Set(processTree(server.pid).map(({ pid }) => pid));
}

function survivorsOf(ids: ReadonlySet<number>): unknown[] {
  return processes().filter(({ pid, state }) => ids.has(pid) && state !== 'Z');
}

async function draining(): Promise<void> {
  await server.line(({ message }) => message === 'draining');
}

describe.each(['SIGTERM', 'SIGINT'] as const)('at %s', (signal) => {
  it('what runs is answered, nothing new is taken, and nothing is left', async () => {
    await start();
    const tree = processIds();
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`heady-${server.pid}-`));
    expect([tree.size > 4, folders().length]).toEqual([true, 1]);
    const { answer: call } = await runningCall(1.5);
    const slow = server.fetch('/api/fixtures/slow');
    await server.fetch('/api/health'); // the slow request has been taken before it
    server.process.kill(signal);
    await draining();
    await expect(fetch(`${server.url}/api/health`)).rejects.toThrow('fetch failed');
    for (const answer of [call, slow]) {
      const { status, headers } = await answer;
      expect([status, headers.get('connection')]).toEqual([200, 'close']);
    }
    expect((await server.process).exitCode).toBe(0);
    expect(survivorsOf(tree)).toEqual([]);
    expect(folders()).toEqual([]);
    expect(server.lines.filter(({ process }) => process === 'base zygote')).toEqual([]);
  });
});

it('ends as well in the midst of loading its workers', async () => {
  server = await TestServer.start({ root: inject('root') });
  await waitFor(() => processTree(server.pid).length > 3 || undefined);
  const tree = processIds();
  server.process.kill('SIGTERM');
  expect((await server.process).exitCode).toBe(0);
  expect(survivorsOf(tree)).toEqual([]);
  expect(server.lines.filter(({ process }) => process === 'base zygote')).toEqual([]);
});

describe('while it drains', () => {
  it.each([
    ['/api/health', '"state":"draining"'],
    ['/api/workers', '"code":"shutting-down"'],
  ])('a request for %s that had begun gets 503', async (path, words) => {
    await start();
    const { answer: call } = await runningCall(1.5);
    using connection = await RawConnection.open(server.url);
    connection.send(`GET ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${apiKey}`, '');
    await server.fetch('/api/health'); // the first bytes have come before it
    server.process.kill('SIGTERM');
    await draining();
    connection.send('', '');
    await connection.receive(new RegExp(`^HTTP/1\\.1 503 .*^connection: close\r$.*${words}`, 'ims'));
    await connection.end(1000);
    expect((await call).status).toBe(200);
    expect((await server.process).exitCode).toBe(0);
  });

  it('connections without a request do not hold it up', async () => {
    await start();
    using unused = await RawConnection.open(server.url);
    using kept = await RawConnection.open(server.url);
    kept.send('GET /api/health HTTP/1.1', 'host: x', '', '');
    await kept.receive(/^HTTP\/1\.1 200 /);
    const startedAt = performance.now();
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect([unused.ended, kept.ended]).toEqual([true, true]);
  });

  it('an answer that had begun is sent to its end, and its connection does not hold it up', async () => {
    await start();
    using connection = await RawConnection.open(server.url);
    connection.send(
      'GET /api/fixtures/stream HTTP/1.1',
      'host: x',
      `authorization: Bearer ${apiKey}`,
      '',
      '',
    );
    await connection.receive(/first /);
    const startedAt = performance.now();
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(connection.received).toMatch(/first .*last\r\n0\r\n\r\n$/s);
  });

  it('a call that runs longer than HEADY_SHUTDOWN_TIMEOUT is ended', async () => {
    await start({ HEADY_SHUTDOWN_TIMEOUT: '1s' });
    const tree = processIds();
    const { answer: call } = await runningCall(15);
    const outcome = call.catch((error: Error) => error.message);
    const startedAt = performance.now();
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(await outcome).toBe('fetch failed');
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect(survivorsOf(tree)).toEqual([]);
    expect(server.lines.some(({ message }) => message === 'requests still run after 1s: ending them')).toBe(
      true,
    );
  });

  it('a second signal ends it at once', async () => {
    await start();
    const { answer: call } = await runningCall(15);
    const outcome = call.catch((error: Error) => error.message);
    server.process.kill('SIGTERM');
    await draining();
    const startedAt = performance.now();
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(1);
    expect(await outcome).toBe('fetch failed');
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
