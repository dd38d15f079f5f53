import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { processTree } from '../processes.ts';
import { TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start({
    root: inject('root'),
    env: { HEADY_PY_MAX_CONCURRENCY: '2', HEADY_PY_MAX_QUEUE: '2', HEADY_PY_QUEUE_TIMEOUT: '1s' },
  });
});
afterEach(() => server[Symbol.asyncDispose]());

async function zygoteOf(worker: string): Promise<number> {
  const ids = (await (await server.call(`${worker}/process_ids`)).json()) as { zygote: number };
  return ids.zygote;
}

async function load(): Promise<{ readonly running: number; readonly queued: number }> {
  const health = (await (await server.fetch('/api/health')).json()) as {
    checks: { python: { running: number; queued: number } };
  };
  return health.checks.python;
}

/** Resolved when so many calls of `hostile/wait` are in their function. */
async function callsThatWait(count: number): Promise<void> {
  await waitFor(
    () => server.lines.filter(({ message }) => message === 'waiting').length === count || undefined,
  );
}

describe('a zygote that dies', () => {
  it('is replaced: its running calls crash, those that had not started are served', async () => {
    const zygote = await zygoteOf('hostile');
    const started = [1, 2].map(() => server.call('hostile/wait', { seconds: 10 }));
    await callsThatWait(2);
    const waiting = server.call('hostile/wait', { seconds: 0 });
    process.kill(zygote, 'SIGKILL');
    for (const response of await Promise.all(started)) {
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({
        code: 'worker-crashed',
        detail: expect.stringContaining('zygote'),
      });
    }
    expect((await waiting).status).toBe(200);
    expect(await zygoteOf('hostile')).not.toBe(zygote);
  });

  it('under load costs no more than the calls that it runs, each time that it dies', async () => {
    const slots = 4;
    await using busy = await TestServer.start({
      root: inject('root'),
      env: { HEADY_PY_MAX_CONCURRENCY: `${slots}`, HEADY_PY_MAX_QUEUE: '200', HEADY_PY_QUEUE_TIMEOUT: '5m' },
    });
    const outcomes = Array.from({ length: 150 }, async () => {
      const response = await busy.call('hostile/wait', { seconds: 0.05 });
      const body = (await response.json()) as { readonly code?: string };
      return body.code ?? response.status;
    });
    const killed = new Set<number>();
    for (let time = 0; time < 3; time += 1) {
      const { zygote } = await busy.answer<{ zygote: number }>('hostile/process_ids');
      process.kill(zygote, 'SIGKILL');
      killed.add(zygote);
      expect((await busy.fetch('/api/health')).status).toBe(200);
    }
    const counts = Object.groupBy(await Promise.all(outcomes), (outcome) => String(outcome));
    const { 200: served = [], 'worker-crashed': crashed = [] } = counts;
    expect(served.length + crashed.length).toBe(150);
    expect(crashed.length).toBeGreaterThan(0);
    expect(crashed.length).toBeLessThanOrEqual(slots * killed.size);
    expect(killed.size).toBe(3);
    const { zygote } = await busy.answer<{ zygote: number }>('hostile/process_ids');
    const left = processTree(busy.pid).filter(({ pid, parent }) => killed.has(pid) || killed.has(parent));
    expect([killed.has(zygote), left]).toEqual([false, []]);
  });

  it('is replaced when it is the base of all', async () => {
    const base = processTree(server.pid).find(
      ({ parent, command }) => parent === server.pid && command.includes('heady.runtime.base'),
    );
    const call = server.call('hostile/wait', { seconds: 10 });
    await callsThatWait(1);
    process.kill(base?.pid ?? 0, 'SIGKILL');
    expect((await call).status).toBe(502);
    expect((await server.call('types/asynchronous', { value: 1 })).status).toBe(200);
    await server.line(({ message }) => message.includes('base zygote ended with signal SIGKILL'));
  });
});

describe('more calls than slots', () => {
  it('wait in turn, are turned away when too many wait, and time out when they wait too long', async () => {
    await zygoteOf('hostile');
    await waitFor(async () => (await load()).running === 0 || undefined);
    const calls = Array.from({ length: 2 }, () => server.call('hostile/wait', { seconds: 3 }));
    await waitFor(async () => (await load()).running === 2 || undefined);
    const queued = Array.from({ length: 2 }, () => server.call('hostile/wait', { seconds: 0 }));
    await waitFor(async () => (await load()).queued === 2 || undefined);
    const turnedAway = await server.call('hostile/wait', { seconds: 0 });
    expect(turnedAway.status).toBe(503);
    expect(Number(turnedAway.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await turnedAway.json()).toMatchObject({ code: 'worker-busy' });
    for (const response of await Promise.all(queued))
      expect(await response.json()).toMatchObject({
        code: 'worker-busy',
        detail: 'No Python slot came free within 1s: all 2 Python slots are taken.',
      });
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

it('leaves no process behind when the server is killed', async () => {
  await zygoteOf('hostile');
  const call = server.call('hostile/sleep_deaf').catch(() => undefined);
  await waitFor(async () => (await load()).running === 1 || undefined);
  const started = processTree(server.pid).map(({ pid }) => pid);
  expect(started.length).toBeGreaterThan(4);
  process.kill(server.pid, 'SIGKILL');
  await call;
  await waitFor(
    () => processTree(1).every(({ pid, state }) => !started.includes(pid) || state === 'Z') || undefined,
  );
});
