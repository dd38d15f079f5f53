import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { copyProject, repository } from '../project.ts';
import { type LogLine, TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_PY_MAX_CONCURRENCY: '4' } });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Counted {
  readonly pid: number;
  readonly parent: number;
  readonly calls: number;
}

async function answer<T>(path: string, input = {}, from = server): Promise<T> {
  return from.answer<T>(path, input);
}

interface Listed {
  readonly name: string;
  readonly fork: { readonly way: string; readonly why: string | null };
  readonly functions: readonly { readonly name: string; readonly isolation: string }[];
}

async function listed(name: string, from = server): Promise<Listed | undefined> {
  const response = await from.fetch('/api/workers');
  return ((await response.json()) as { workers: Listed[] }).workers.find((worker) => worker.name === name);
}

describe('a worker that does not bear forking', () => {
  it.each([
    ['import_thread', 'it has started threads (Thread-1'],
    ['import_connection', "it has opened a connection to ('127.0.0.1'"],
    ['import_loop', 'it has opened '],
  ])('%s: has a fresh interpreter for each call, and says why', async (name, why) => {
    const { fork, functions } = (await listed(name)) ?? {};
    expect(fork).toMatchObject({ way: 'none', why: expect.stringContaining(why) });
    expect(functions?.map(({ isolation }) => isolation)).toEqual(['spawn']);
    await server.line(({ message }) =>
      message.startsWith(`worker ${name} has a fresh interpreter for each call: `),
    );
    const calls = [1, 2].map(() => answer(`${name}/${functions?.[0]?.name}`));
    const [first, second] = await Promise.all(calls);
    if (name !== 'import_thread') expect(first).not.toBe(second);
  });

  it('runs with the thread that it started', async () => {
    expect(await answer<string[]>('import_thread/threads')).toHaveLength(2);
  });
});

describe('a worker with hooks of its own', () => {
  it.each([
    ['fork_hooks', 'workers.fork_hooks'],
    ['import_pymongo', 'pymongo'],
  ])('%s: is forked in the way that runs them', async (name, module) => {
    const { fork } = (await listed(name)) ?? {};
    expect(fork).toMatchObject({ way: 'os', why: expect.stringContaining(module) });
  });

  it('serves calls', async () => {
    expect(await answer('import_pymongo/version')).toMatch(/^\d+\./);
    expect(await answer('import_pymongo/pid')).not.toBe(await answer('import_pymongo/pid'));
  });
});

it('gives each process random numbers of its own, and the same to those who ask for them', async () => {
  type Drawn = Record<string, number>;
  const draws = await Promise.all([1, 2, 3, 4].map(() => answer<Drawn>('generators/draw')));
  const distinct = (name: string) => new Set(draws.map((drawn) => drawn[name])).size;
  for (const name of ['random', 'own', 'numpy', 'generator']) expect(distinct(name), name).toBe(4);
  for (const name of ['seeded', 'seeded_generator']) expect(distinct(name), name).toBe(1);
});

describe('isolation', () => {
  it('request: a fresh process for each call', async () => {
    const [first, second] = [
      await answer<Counted>('modes/in_request'),
      await answer<Counted>('modes/in_request'),
    ];
    expect([first.calls, second.calls]).toEqual([1, 1]);
    expect(first.pid).not.toBe(second.pid);
    expect(first.parent).toBe(second.parent);
  });

  it('spawn: a fresh interpreter for each call, beside forked functions of the same file', async () => {
    const forked = await answer<Counted>('modes/in_request');
    const [first, second] = [
      await answer<Counted>('modes/in_spawn'),
      await answer<Counted>('modes/in_spawn'),
    ];
    expect([first.calls, second.calls]).toEqual([1, 1]);
    expect(first.pid).not.toBe(second.pid);
    expect(first.parent).not.toBe(forked.parent);
  });

  it('reuse: the same process for call after call, each with its own log and record', async () => {
    const first = await answer<Counted>('modes/in_reuse', { action: 'leave' });
    const response = await server.call('modes/in_reuse');
    const second = (await response.json()) as Counted;
    expect(second).toEqual({ ...first, calls: first.calls + 1 });
    const requestId = response.headers.get('x-request-id');
    await server.line((line) => line.message === 'invocation' && line.requestId === requestId);
    const lines = server.lines.filter((line) => line.requestId === requestId && line.stream === 'stdout');
    expect(lines.map(({ message }) => message)).toEqual([`call ${second.calls}`]);
  });

  it('reuse: has all that a call has written in its own log, before its record', async () => {
    for (const action of ['talk', '', 'talk', 'talk']) {
      const { headers } = await server.call('modes/in_reuse', { action });
      const isOwn = ({ requestId }: LogLine) => requestId === headers.get('x-request-id');
      await server.line((line) => isOwn(line) && line.message === 'invocation');
      const own = server.lines.filter(isOwn).map(({ message }) => message);
      const written = own.slice(0, own.indexOf('invocation')).filter((message) => /^\w+ \d+$/.test(message));
      expect(written.length).toBe(action === 'talk' ? 4001 : 1);
    }
  });

  it.each([
    ['nothing', 'pass', 0],
    ['to stdout', 'os.write(1, b"x")', 1],
    ['to stderr, in a process that it started', 'os.system("echo x >&2")', 1],
    ['to stdout, in a thread', 'Thread(target=lambda: os.write(1, b"x")).start(); time.sleep(0.1)', 1],
  ])('reuse: knows whether it has written: %s', async (_, statement, writes) => {
    const program = `
import os, sys, time
from threading import Thread
from heady.runtime import output
count = output.write_counter()
before = count()
${statement}
sys.exit(count() - before)`;
    const env = { PYTHONPATH: join(repository, 'workers') };
    const { exitCode } = await execa(join(repository, '.venv/bin/python'), ['-c', program], {
      env,
      reject: false,
    });
    expect(exitCode).toBe(writes);
  });

  it('reuse: goes on after an exception, and begins anew after a crash or a limit', async () => {
    const { pid } = await answer<Counted>('modes/in_reuse');
    expect((await server.call('modes/in_reuse', { action: 'raise' })).status).toBe(500);
    expect((await answer<Counted>('modes/in_reuse')).pid).toBe(pid);
    expect((await server.call('modes/in_reuse', { action: 'crash' })).status).toBe(502);
    const second = await answer<Counted>('modes/in_reuse');
    expect(second.calls).toBe(1);
    expect((await server.call('modes/in_reuse', { action: 'hang' })).status).toBe(504);
    const third = await answer<Counted>('modes/in_reuse');
    expect(third.calls).toBe(1);
    expect(new Set([pid, second.pid, third.pid]).size).toBe(3);
  });

  it('reuse: a successor takes over after so many calls, and no call waits for it', async () => {
    const pids: number[] = [];
    for (let call = 0; call < 60; call += 1) pids.push((await answer<Counted>('modes/in_reuse')).pid);
    const distinct = new Set(pids).size;
    expect(distinct).toBeGreaterThanOrEqual(3);
    expect(distinct).toBeLessThanOrEqual(5);
  });

  it('reuse: ends a process that has waited too long', async () => {
    const { pid } = await answer<Counted>('modes/in_short_reuse');
    await waitFor(async () => {
      try {
        process.kill(pid, 0);
        return undefined;
      } catch {
        return true;
      }
    }, 4000);
    expect((await answer<Counted>('modes/in_short_reuse')).pid).not.toBe(pid);
  });

  it('spawn can be had for all', async () => {
    using project = copyProject(inject('root'));
    const wanted = ['hooked.py', 'hostile.py', 'modes.py', 'process_data.py', 'types.py'];
    const workers = join(project.root, 'workers');
    for (const name of readdirSync(workers))
      if (/^[^_].*\.py$/.test(name) && !wanted.includes(name)) rmSync(join(workers, name));
    await using other = await TestServer.start({
      root: project.root,
      env: { HEADY_PY_ISOLATION: 'spawn', CURIOUS_KEY: 'curious-secret-value' },
    });
    expect(await listed('types', other)).toMatchObject({
      fork: { way: 'none', why: 'HEADY_PY_ISOLATION=spawn' },
    });
    const [first, second] = await Promise.all(
      [1, 2].map(() => answer<Counted>('modes/in_request', {}, other)),
    );
    expect(first?.pid).not.toBe(second?.pid);
    expect(await answer('hooked/with_client', {}, other)).toMatchObject({ own: true });
    const again = await answer<Counted>('modes/in_reuse', {}, other);
    expect((await answer<Counted>('modes/in_reuse', {}, other)).pid).toBe(again.pid);
    expect((await other.call('hostile/spin')).status).toBe(504);
    expect((await other.call('hostile/leak')).status).toBe(502);
    expect((await other.call('process_data/qa', { question: 'Where?', context: 'It is here.' })).status).toBe(
      200,
    );
  }, 90_000); // it starts an interpreter for each profile of these workers
});
