import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { leftFiles } from '../left-files.ts';
import { processes, processTree } from '../processes.ts';
import { TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_PY_MAX_CONCURRENCY: '4' } });
});
afterAll(() => server[Symbol.asyncDispose]());

async function failure(path: string, input: unknown = {}): Promise<Record<string, unknown>> {
  const response = await server.call(path, input);
  return { httpStatus: response.status, ...((await response.json()) as object) };
}

describe('a limit that is hit', () => {
  it.each([
    ['hostile/sleep', 504, 'worker-timeout', '500ms'],
    ['hostile/sleep_deaf', 504, 'worker-timeout', '500ms'],
    ['hostile/spin', 504, 'worker-cpu-exceeded', '300ms'],
    ['greedy/cpu_of_grandchildren', 504, 'worker-cpu-exceeded', '500ms'],
    ['hostile/allocate_at_once', 502, 'worker-memory-exceeded', '64MB'],
    ['hostile/leak', 502, 'worker-memory-exceeded', '64MB'],
    ['hostile/leak_in_children', 502, 'worker-memory-exceeded', '64MB'],
    ['greedy/memory_in_file', 502, 'worker-memory-exceeded', '64MB'],
    ['greedy/memory_of_grandchildren', 502, 'worker-memory-exceeded', '64MB'],
    ['greedy/one_file', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/one_file_of_a_program', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/many_files', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/unlinked_file', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/hidden_files', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/deep_files', 502, 'worker-disk-exceeded', '8MB'],
    ['greedy/fork_bomb', 502, 'worker-processes-exceeded', '10'],
    ['greedy/orphan_bomb', 502, 'worker-processes-exceeded', '10'],
    ['greedy/chain_of_processes', 502, 'worker-processes-exceeded', '10'],
    ['greedy/threads', 502, 'worker-processes-exceeded', '10'],
    ['hostile/large_output', 502, 'worker-output-too-large', '1KB'],
  ])('%s: gives its own code, the limit and what was used', async (path, httpStatus, code, limit) => {
    expect(await failure(path)).toMatchObject({
      httpStatus,
      code,
      limit,
      used: expect.any(String),
    });
  });

  it('counts the memory of the whole process tree', async () => {
    await failure('hostile/leak_in_children');
    const record = await server.line(
      ({ message, function: name }) => message === 'invocation' && name === 'leak_in_children',
    );
    expect(record.peakMemoryBytes).toBeGreaterThan(64 * 1024 ** 2);
  });
});

describe('a process that dies', () => {
  it.each([
    ['segfault', {}, 'signal SIGSEGV'],
    ['kill_self', {}, 'signal SIGKILL'],
    ['exit_with', { status: 3 }, 'exit status 3'],
    ['exit_hard', { status: 0 }, 'exit status 0'],
    ['close_descriptors', {}, ''],
    ['garble_descriptors', {}, ''],
  ])('%s: is told as a crash that says how', async (name, input, how) => {
    expect(await failure(`hostile/${name}`, input)).toMatchObject({
      httpStatus: 502,
      code: 'worker-crashed',
      detail: expect.stringContaining(how),
    });
  });
});

it('cuts a flood of output and still answers', async () => {
  const response = await server.call('hostile/flood_log');
  expect(await response.json()).toBe('done');
  const requestId = response.headers.get('x-request-id');
  const cut = await server.line((line) => line.requestId === requestId && line.message === 'invocation');
  expect(cut.cutBytes).toBeGreaterThan(1_000_000);
  expect(server.lines.filter((line) => line.requestId === requestId).length).toBeLessThan(150_000);
});

it('leaves no process, no zombie and no file behind', async () => {
  for (const name of ['leave_children', 'leave_files', 'sleep_deaf', 'leak_in_children'])
    await server.call(`hostile/${name}`);
  await waitFor(
    () => processes().every(({ command }) => !/^sleep 6[12]|kept = bytearray/.test(command)) || undefined,
  );
  await waitFor(() => processTree(server.pid).every(({ state }) => state !== 'Z') || undefined);
  await waitFor(() => leftFiles(server).length === 0 || undefined);
});

it('bounds the descriptors of a process', async () => {
  expect(Number(await (await server.call('greedy/descriptors')).text())).toBeLessThan(256);
});

it('gives no memory far beyond the limit to what asks the C library for it', async () => {
  expect(await (await server.call('greedy/native_allocation')).json()).toBe(0);
});

it('ends the process of a caller that goes away', async () => {
  const controller = new AbortController();
  const call = server.call('hostile/wait', { seconds: 15 }, { signal: controller.signal });
  const running = () =>
    server
      .fetch('/api/health')
      .then(async (response) => (await response.json()) as { checks: { python: { running: number } } });
  await waitFor(async () => ((await running()).checks.python.running === 1 ? true : undefined));
  controller.abort();
  await expect(call).rejects.toThrow('aborted');
  await waitFor(async () => ((await running()).checks.python.running === 0 ? true : undefined), 2000);
  await server.line(({ message, outcome }) => message === 'invocation' && outcome === 'canceled');
});

it('serves the well-behaved between the hostile', async () => {
  const hostile = ['segfault', 'spin', 'leak', 'kill_self'].map((name) => server.call(`hostile/${name}`));
  const fine = Array.from({ length: 40 }, async (_, value) =>
    (await server.call('types/asynchronous', { value })).json(),
  );
  expect(await Promise.all(fine)).toEqual(Array.from({ length: 40 }, (_, value) => value + 1));
  expect((await Promise.all(hostile)).map(({ status }) => status)).toEqual([502, 504, 502, 502]);
});
