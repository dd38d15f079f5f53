import { cpSync, readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { RawConnection } from '../http/raw-connection.ts';
import { copyProject, type Project, repository } from '../project.ts';
import { apiKey, type LogLine, TestServer, waitFor } from '../server.ts';
import { type Family, parseExposition, parseSample, seriesKey } from './exposition.ts';

let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = copyProject(inject('root'));
  cpSync(join(repository, 'tests/metrics/workers'), join(project.root, 'workers'), { recursive: true });
  server = await TestServer.start({ root: project.root, env: { HEADY_RATE_LIMIT_MAX: '1000000' } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  project[Symbol.dispose]();
});

async function families(): Promise<Map<string, Family>> {
  return parseExposition(await (await server.fetch('/metrics')).text());
}

/** Every series of what happens to others than whoever reads them. */
async function series(): Promise<Map<string, number>> {
  const all = [...(await families()).values()].flatMap(({ samples }) => [...samples]);
  return new Map(all.filter(([key]) => !key.includes('route="/metrics"')));
}

/** A moment at which all that was asked of the server has ended and is counted. */
async function quiet(): Promise<Map<string, number>> {
  return waitFor(async () => {
    const now = await series();
    const isQuiet = now.get('heady_http_requests_in_flight') === 1 && now.get('heady_python_running') === 0;
    return isQuiet ? now : undefined;
  });
}

/** By how much counts have grown: those of requests and invocations, and how many values each histogram has. */
async function growth(before: Map<string, number>): Promise<Record<string, number>> {
  const grown = [...(await quiet())].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(
    grown.filter(
      ([key, by]) => by !== 0 && /^heady_(?:http_requests|python_invocations)_total|_seconds_count/.test(key),
    ),
  );
}

/** So many lines of the log, which comes later than what they tell of is counted. */
async function logged(count: number, fits: (line: LogLine) => boolean): Promise<LogLine[]> {
  return waitFor(() => {
    const lines = server.lines.filter(fits);
    return lines.length === count ? lines : undefined;
  });
}

function total(lines: readonly LogLine[], field: string): number {
  return lines.reduce((sum, line) => sum + Number(line[field]), 0);
}

const routeMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const functionRoute = '/api/workers/:worker/:function';

describe('GET /metrics', () => {
  it('is private', async () => {
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  it('is in the text format, by its rules and by those of naming', async () => {
    await server.answer('counted/fine');
    const response = await server.fetch('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const found = parseExposition(await response.text());
    for (const [name, { type, samples }] of found) {
      expect(name).toMatch(/^heady(?:_[a-z]+)+$/);
      expect(name).not.toMatch(/milli|micro|_ms|kilo|mega|_kb|_mb|minute|percent|counter|gauge|histogram/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(?:seconds|bytes)$/);
      for (const key of samples.keys())
        expect(
          Object.keys(parseSample(`${key} 0`).labels).filter((label) => !/^[a-z]+$/.test(label)),
        ).toEqual([]);
    }
  });

  it('has the series that its page lists', async () => {
    const page = readFileSync(join(repository, 'docs/metrics.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| .* \| (.*) \|$/gm)].map(
      ([, ...columns]) => columns,
    );
    const found = [...(await families())].map(([name, { type, help }]) => [name, type, help]);
    expect(found.toSorted()).toEqual(listed.toSorted());
  });

  it('tells what runs', async () => {
    const { version } = (await (await server.fetch('/api/health')).json()) as { version: string };
    const found = await families();
    const [build = ''] = found.get('heady_build_info')?.samples.keys() ?? [];
    expect(parseSample(`${build} 1`).labels).toEqual({
      version,
      node: process.versions.node,
      python: expect.stringMatching(/^3\.\d+/),
    });
    const value = (name: string) => found.get(name)?.samples.get(name) ?? 0;
    expect(value('heady_heap_used_bytes')).toBeLessThan(value('heady_heap_limit_bytes'));
    expect(value('heady_heap_used_bytes')).toBeLessThan(value('heady_process_resident_memory_bytes'));
    expect(value('heady_process_start_time_seconds')).toBeLessThan(Date.now() / 1000);
    expect(value('heady_event_loop_active_seconds_total')).toBeGreaterThan(0);
  });

  it('has the CPU time of the server grow', async () => {
    const name = 'heady_process_cpu_seconds_total';
    const before = (await series()).get(name) ?? 0;
    expect((await series()).get(name)).toBeGreaterThan(before);
  });
});

describe('requests', () => {
  it('are counted by method, route and status, each once', async () => {
    const before = await quiet();
    for (const name of ['a', 'b', 'c']) await server.fetch(`/api/nowhere/${name}`);
    await server.fetch('/api/fixtures/public', { method: 'HEAD' });
    await server.fetch('/api/fixtures/public');
    await server.fetch('/api/fixtures/throws');
    await fetch(`${server.url}/api/fixtures/silent`);
    const of = (method: string, route: string, status: string, count: number) => [
      [seriesKey('heady_http_requests_total', { method, route, status }), count],
      [seriesKey('heady_http_request_duration_seconds_count', { method, route }), count],
    ];
    expect(await growth(before)).toEqual(
      Object.fromEntries([
        ...of('GET', 'none', '404', 3),
        ...of('HEAD', '/api/fixtures/public', '200', 1),
        ...of('GET', '/api/fixtures/public', '200', 1),
        ...of('GET', '/api/fixtures/throws', '500', 1),
        ...of('GET', '/api/fixtures/silent', '401', 1),
      ]),
    );
  });

  it('whose caller has left have no status, but a duration', async () => {
    const path = '/api/fixtures/slow';
    const left = server.fetch(path, { signal: AbortSignal.timeout(200) });
    await expect(left).rejects.toThrow('timeout');
    await server.fetch(path);
    const found = await quiet();
    const ended = { method: 'GET', route: path };
    for (const status of ['none', '200'])
      expect(found.get(seriesKey('heady_http_requests_total', { ...ended, status }))).toBe(1);
    const seconds = found.get(seriesKey('heady_http_request_duration_seconds_sum', ended));
    const lines = await logged(2, ({ message, route }) => message === 'request' && route === path);
    expect(seconds).toBeCloseTo(total(lines, 'durationMs') / 1000, 4);
    expect(seconds).toBeGreaterThan(1.5);
  });

  it('add no series for paths, methods, workers and functions that nobody has made', async () => {
    using connection = await RawConnection.open(server.url);
    const send = (method: string, path: string) =>
      connection.send(`${method} ${path} HTTP/1.1`, 'host: x', `x-heady-api-key: ${apiKey}`, '', '');
    const answered = async (count: number) =>
      waitFor(() => connection.received.split('HTTP/1.1 4').length > count || undefined);
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    for (const method of [...routeMethods, 'PROPFIND']) send(method, '/once');
    send('POST', '/api/workers/nobody/has');
    await answered(routeMethods.length + 2);
    const before = await quiet();
    for (let index = 0; index < 300; index += 1) {
      const known = index % 2 === 0 ? `counted/none${index}` : `none${index}/fine`;
      send(methods[index % methods.length] ?? '', `/unknown/${index}?${index}`);
      send('POST', `/api/workers/${known}`);
      if (index % 50 === 49) await answered(routeMethods.length + 2 + 2 * (index + 1)); // more at once may be refused
    }
    const after = await quiet();
    expect([...after.keys()]).toEqual([...before.keys()]);
    const count = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const workers = { method: 'POST', route: functionRoute, status: '404' };
    expect(count(seriesKey('heady_http_requests_total', workers))).toBe(300);
  });
});

describe('invocations', () => {
  it('are counted by worker, function and outcome, each once', async () => {
    const before = await quiet();
    await server.answer('counted/fine');
    await server.answer('counted/fine');
    await server.call('counted/fails');
    for (const status of [404, 409, 503]) await server.call('counted/refuses', { status });
    await server.call('counted/refuses', { status: 'none' });
    const requests = { method: 'POST', route: functionRoute };
    const answered = (status: string) => seriesKey('heady_http_requests_total', { ...requests, status });
    const ended = (name: string, outcome: string) =>
      seriesKey('heady_python_invocations_total', { worker: 'counted', function: name, outcome });
    const timed = (name: string) =>
      seriesKey('heady_python_invocation_duration_seconds_count', { worker: 'counted', function: name });
    expect(await growth(before)).toEqual({
      [answered('200')]: 2,
      [answered('404')]: 1,
      [answered('409')]: 1,
      [answered('422')]: 1,
      [answered('500')]: 1,
      [answered('503')]: 1,
      [seriesKey('heady_http_request_duration_seconds_count', requests)]: 7,
      [ended('fine', 'ok')]: 2,
      [ended('fails', 'worker-error')]: 1,
      [ended('refuses', 'http-4xx')]: 2,
      [ended('refuses', 'http-5xx')]: 1,
      [ended('refuses', 'invalid-input')]: 1,
      [timed('fine')]: 2,
      [timed('fails')]: 1,
      [timed('refuses')]: 4,
      heady_python_queue_seconds_count: 7,
    });
  });

  it('take the time and the CPU time that their records say', async () => {
    await server.answer('counted/fine');
    const found = await quiet();
    const labels = { worker: 'counted', function: 'fine' };
    const count = found.get(seriesKey('heady_python_invocation_duration_seconds_count', labels)) ?? 0;
    const lines = await logged(count, (line) => line.message === 'invocation' && line.function === 'fine');
    const seconds = found.get(seriesKey('heady_python_invocation_duration_seconds_sum', labels));
    expect(seconds).toBeCloseTo(total(lines, 'runMs') / 1000, 4);
    const cpuSeconds = found.get(seriesKey('heady_python_cpu_seconds_total', labels));
    expect(cpuSeconds).toBeCloseTo(total(lines, 'cpuMs') / 1000, 4);
    expect(cpuSeconds).toBeGreaterThan(0);
  });

  it('are shown while they run and while they wait, and with what they hold', async () => {
    const before = await quiet();
    const running = server.answer('counted/holds', { megabytes: 40 });
    const alone = await waitFor(async () => {
      const now = await series();
      return now.get('heady_python_running') === 1 ? now : undefined;
    });
    expect(alone.get('heady_python_queued')).toBe(0);
    const caller = new AbortController();
    const waiting = server.call('counted/holds', { megabytes: 1 }, { signal: caller.signal });
    waiting.catch(() => {});
    const busy = await waitFor(async () => {
      const now = await series();
      return now.get('heady_python_queued') === 1 ? now : undefined;
    });
    expect(busy.get('heady_python_running')).toBe(1);
    expect(busy.get('heady_http_requests_in_flight')).toBe(3);
    caller.abort();
    await expect(waiting).rejects.toThrow('aborted');
    expect(await running).toBe(40 * 1024 ** 2);
    const after = await quiet();
    const labels = { worker: 'counted', function: 'holds' };
    const upTo = (megabytes: number) =>
      after.get(
        seriesKey('heady_python_peak_memory_bytes_bucket', { ...labels, le: String(megabytes * 1024 ** 2) }),
      );
    expect([upTo(32), upTo(128)]).toEqual([0, 1]);
    const canceled = seriesKey('heady_python_invocations_total', { ...labels, outcome: 'canceled' });
    expect(after.get(canceled)).toBe(1);
    expect(after.get(seriesKey('heady_python_invocation_duration_seconds_count', labels))).toBe(1);
    const waited = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(waited('heady_python_queue_seconds_count')).toBe(2);
    const { queueMs } = await server.line(
      ({ message, outcome }) => message === 'invocation' && outcome === 'canceled',
    );
    expect(queueMs).toBeGreaterThan(0);
  });
});
