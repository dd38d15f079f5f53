import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
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

async function closed(): Promise<void> {
  await server.line(({ message }) => message === 'taking no new work');
}

/** What each of the requests made one after the other got, until the server takes no more. */
async function answersUntilRefused(path: string): Promise<string[]> {
  const answers: string[] = [];
  for (;;) {
    const response = await server.fetch(path).catch(() => undefined);
    if (!response) return answers;
    answers.push(`${response.status} ${response.headers.get('connection')}`);
    await response.body?.cancel();
  }
}

async function requestsInFlight(): Promise<number> {
  const metrics = await (await server.fetch('/metrics')).text();
  return Number(/^heady_http_requests_in_flight (\d+)$/m.exec(metrics)?.[1]);
}

describe.each(['SIGTERM', 'SIGINT'] as const)('at %s', (signal) => {
  it('what runs is answered, nothing new is taken, and nothing is left', async () => {
    await start({ HEADY_PY_LOAD: 'ahead' });
    const tree = processIds();
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`heady-${server.pid}-`));
    expect([tree.size > 4, folders().length]).toEqual([true, 1]);
    const { answer: call } = await runningCall(1.5);
    const slow = server.fetch('/api/fixtures/slow');
    await server.fetch('/api/health'); // the slow request has been taken before it
    server.process.kill(signal);
    await closed();
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

it('says at once that it ends, and serves for a moment whoever has not noticed', async () => {
  await start();
  const health = answersUntilRefused('/api/health');
  const work = answersUntilRefused('/metrics');
  await server.fetch('/api/health');
  server.process.kill('SIGTERM');
  const inTurn = (answers: readonly string[]) => answers.filter((each, at) => each !== answers[at - 1]);
  expect(inTurn(await health)).toEqual(['200 keep-alive', '503 close']);
  expect(inTurn(await work)).toEqual(['200 keep-alive', '200 close']);
  expect((await server.process).exitCode).toBe(0);
});

it('lets 200 requests in flight end, Python calls that wait and streams among them', async () => {
  await start({ HEADY_PY_MAX_CONCURRENCY: '4' });
  const ask = (count: number, request: () => Promise<Response>) =>
    Array.from({ length: count }, async () => {
      const response = await request();
      return `${response.status} ${await response.text()}`;
    });
  const lines = { headers: { accept: 'application/x-ndjson', 'content-type': 'application/json' } };
  const routes = ask(70, async () => server.fetch('/api/fixtures/until-draining?as=json'));
  const streams = ask(70, async () => server.fetch('/api/fixtures/until-draining?as=stream'));
  const generators = ask(20, async () => server.call('drains/counts', {}, lines));
  const functions = ask(40, async () => server.call('drains/in_request'));
  await waitFor(async () => (await requestsInFlight()) === 201 || undefined);
  server.process.kill('SIGTERM');
  for (const answer of await Promise.all(routes)) expect(answer).toBe('200 {"drained":true}');
  for (const answer of await Promise.all(streams)) expect(answer).toBe('200 first last');
  for (const answer of await Promise.all(generators)) expect(answer).toMatch(/^200 (\d+\n)*$/);
  for (const answer of await Promise.all(functions)) expect(answer).toMatch(/^200 (true|false)$/);
  expect((await server.process).exitCode).toBe(0);
  expect(server.output).not.toContain('Warning');
});

describe('a stream without an end', () => {
  it('ends with a last event, at once', async () => {
    await start();
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => server.fetch('/api/fixtures/endless')),
    );
    const texts = streams.map((stream) => stream.text());
    server.process.kill('SIGTERM');
    for (const text of texts)
      expect(await text).toMatch(
        /^retry: 1000\n\n(event: tick\nid: \d+\ndata: \{.*\}\n\n)+event: shutting-down\ndata: \{\}\n\n$/,
      );
    expect((await server.process).exitCode).toBe(0);
    expect(stillRan()).toBe(false);
  });

  it('does not wait for a reader that takes nothing', async () => {
    await start();
    const { hostname, port } = new URL(server.url);
    const reader = connect({ host: hostname, port: Number(port) }).pause();
    reader.write(
      `GET /api/fixtures/endless?bytes=8000000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\n\r\n`,
    );
    await waitFor(async () => (await requestsInFlight()) > 1 || undefined);
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    reader.destroy();
    expect(stillRan()).toBe(false);
  });

  it('that fails is broken off, and the log says why', async () => {
    await start();
    const response = server.fetch('/api/fixtures/endless?fails=yes');
    await expect(response.then(async (each) => each.text())).rejects.toThrow(/terminated|fetch failed/);
    const { error } = await server.line(({ message }) => message === 'a stream of events failed');
    expect(error).toContain('this stream fails');
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
  });

  it('ends when its reader leaves', async () => {
    await start();
    const leave = new AbortController();
    await server.fetch('/api/fixtures/endless', { signal: leave.signal });
    expect(await requestsInFlight()).toBe(2);
    leave.abort();
    await waitFor(async () => (await requestsInFlight()) === 1 || undefined);
  });
});

/** Whether something had to be ended. */
function stillRan(): boolean {
  return server.lines.some(({ message }) => message.startsWith('requests still run'));
}

describe('an exception that nobody has caught', () => {
  it('is logged, and the service drains and exits with 1', async () => {
    await start();
    const tree = processIds();
    const { answer: call } = await runningCall(1.5);
    expect((await server.fetch('/api/fixtures/crash', { method: 'POST' })).status).toBe(200);
    await server.line(
      ({ message, error }) =>
        message === 'uncaught exception: draining' && String(error).includes('nobody has caught this'),
    );
    server.process.kill('SIGTERM'); // the first signal: it drains already
    expect((await call).status).toBe(200);
    expect((await server.process).exitCode).toBe(1);
    expect(survivorsOf(tree)).toEqual([]);
  });

  it('ends what runs longer than HEADY_SHUTDOWN_TIMEOUT', async () => {
    await start({ HEADY_SHUTDOWN_TIMEOUT: '1s' });
    const { answer: call } = await runningCall(15);
    const outcome = call.catch((error: Error) => error.message);
    await server.fetch('/api/fixtures/crash', { method: 'POST' });
    expect(await outcome).toBe('fetch failed');
    expect((await server.process).exitCode).toBe(1);
    expect(stillRan()).toBe(true);
  });

  it('while it drains makes it exit with 1', async () => {
    await start();
    const { answer: call } = await runningCall(1.5);
    server.process.kill('SIGTERM');
    await draining();
    await server.fetch('/api/fixtures/crash', { method: 'POST' });
    expect((await call).status).toBe(200);
    expect((await server.process).exitCode).toBe(1);
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
    await closed();
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
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect([unused.ended, kept.ended, stillRan()]).toEqual([true, true, false]);
  });

  it('heads that never end do not hold it up', async () => {
    await start();
    using first = await RawConnection.open(server.url);
    using second = await RawConnection.open(server.url);
    first.send('GET /api/health HTTP/1.1', 'host: x', 'x-a');
    second.send('GET /api/health HTTP/1.1', 'host: x', '', 'GET /api/health HTTP/1.1', 'x-a');
    await second.receive(/^HTTP\/1\.1 200 /);
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect([first.ended, second.ended, stillRan()]).toEqual([true, true, false]);
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
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(connection.received).toMatch(/first .*last\r\n0\r\n\r\n$/s);
    expect(stillRan()).toBe(false);
  });

  it('a call that runs longer than HEADY_SHUTDOWN_TIMEOUT is ended', async () => {
    await start({ HEADY_SHUTDOWN_TIMEOUT: '1s' });
    const tree = processIds();
    const { answer: call } = await runningCall(15);
    const outcome = call.catch((error: Error) => error.message);
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(0);
    expect(await outcome).toBe('fetch failed');
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
    server.process.kill('SIGTERM');
    expect((await server.process).exitCode).toBe(1);
    expect(await outcome).toBe('fetch failed');
  });
});
