import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { RawConnection } from '../http/raw-connection.ts';
import { apiKey, type LogLine, spawnServer, TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

async function requestLine(from: TestServer, response: Response): Promise<LogLine> {
  const id = response.headers.get('x-request-id');
  return from.line(({ message, requestId }) => message === 'request' && requestId === id);
}

describe('a request', () => {
  it('is logged in one line', async () => {
    const response = await server.call('types/declared');
    const size = Buffer.byteLength(await response.text());
    expect(await requestLine(server, response)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      principal: 'key:primary',
      message: 'request',
      requestId: response.headers.get('x-request-id'),
      method: 'POST',
      route: '/api/workers/:worker/:function',
      path: '/api/workers/types/declared',
      status: 200,
      durationMs: expect.any(Number),
      bytes: expect.any(Number),
      client: '127.0.0.1',
    });
    const lines = server.lines.filter(
      ({ message, requestId }) => message === 'request' && requestId === response.headers.get('x-request-id'),
    );
    expect(lines.length).toBe(1);
    expect(lines[0]?.bytes).toBeGreaterThan(size);
  });

  it('is logged with its own bytes and time, not those of others on its connection', async () => {
    using connection = await RawConnection.open(server.url);
    const request = (path: string) => [`GET ${path} HTTP/1.1`, 'host: x', `x-heady-api-key: ${apiKey}`];
    connection.send(...request('/api/workers'), 'x-request-id: large', '', '');
    await connection.receive(/"variables of secrets_at_import"[^]*\}\]\}$/, 25_000); // every worker is loaded for it
    const size = Buffer.byteLength(connection.received);
    connection.send(...request('/api/fixtures/slow'), 'x-request-id: small', '', '');
    await connection.receive(/"slow":true\}$/);
    const line = async (id: string) =>
      server.line(({ message, requestId }) => message === 'request' && requestId === id);
    expect((await line('large')).bytes).toBe(size);
    expect((await line('small')).bytes).toBe(Buffer.byteLength(connection.received) - size);
    expect((await line('small')).durationMs).toBeGreaterThanOrEqual(1490);
  });

  it('is logged as an error when it failed, without its query and without a route when there was none', async () => {
    const failed = await requestLine(server, await server.fetch('/api/fixtures/throws'));
    expect(failed).toMatchObject({ level: 'error', status: 500, route: '/api/fixtures/throws' });
    const lost = await requestLine(server, await server.fetch('/api/nowhere?token=private'));
    expect(lost).toMatchObject({ level: 'info', status: 404, path: '/api/nowhere' });
    expect(lost).not.toHaveProperty('route');
    expect(server.output).not.toContain('private');
  });

  it('is flagged, and has no status, when its caller has not waited for the answer', async () => {
    const headers = { 'x-request-id': 'impatient' };
    await expect(
      server.fetch('/api/fixtures/slow', { headers, signal: AbortSignal.timeout(200) }),
    ).rejects.toThrow('timeout');
    const line = await server.line(
      ({ message, requestId }) => message === 'request' && requestId === 'impatient',
    );
    expect(line).toMatchObject({ aborted: true, method: 'GET', route: '/api/fixtures/slow' });
    expect(line).not.toHaveProperty('status'); // none was sent
    expect(line.durationMs).toBeLessThan(1000);
  });
});

describe('the client of a request', () => {
  const spoofed = '6.6.6.6, 203.0.113.7, 10.0.0.1';

  it.each([
    ['0', spoofed, '127.0.0.1'],
    ['1', spoofed, '10.0.0.1'],
    ['2', spoofed, '203.0.113.7'],
    ['2', '10.0.0.1', '127.0.0.1'],
    ['1', '203.0.113.7:4711', '203.0.113.7'],
    ['1', '[2001:db8::1]:4711', '2001:db8::1'],
  ])('behind %s trusted proxies that say %j is %s', async (hops, forwarded, client) => {
    await using proxied = await TestServer.start({
      root: inject('root'),
      env: { HEADY_TRUST_PROXY: hops },
    });
    const response = await proxied.fetch('/api/health', { headers: { 'x-forwarded-for': forwarded } });
    expect((await requestLine(proxied, response)).client).toBe(client);
  });
});

it('is written for a person, not as JSON, in the pretty format', async () => {
  const pretty = spawnServer({ root: inject('root'), env: { PORT: '0', HEADY_LOG_FORMAT: 'pretty' } });
  let output = '';
  pretty.all.on('data', (data: Buffer) => (output += data.toString()));
  const port = await waitFor(() => /listening.* port=(\d+)/.exec(output)?.[1]);
  await fetch(`http://127.0.0.1:${port}/api/health`);
  await waitFor(() => output.includes('route=/api/health') || undefined);
  pretty.kill('SIGTERM');
  await pretty;
  expect(output).toMatch(
    /^\S*\d\d:\d\d:\d\d\S* \S*info\s*\S* request\S* requestId=\S+ method=GET .*status=200/m,
  );
  expect(output).not.toContain('{"');
});
