import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterEach(() => server[Symbol.asyncDispose]());

/** A call that is in its function. */
async function running(path: string, input: object = {}): Promise<{ readonly answer: Promise<Response> }> {
  const headers = { 'content-type': 'application/json', 'x-request-id': path };
  const answer = server.call(path, input, { headers });
  await server.line(({ message, requestId }) => message === 'asking' && requestId === path);
  return { answer };
}

async function draining(): Promise<void> {
  server.process.kill('SIGTERM');
  await server.line(({ message }) => message === 'draining');
}

describe.each(['in_request', 'in_reuse', 'in_spawn'])('a function that runs %s', (name) => {
  it('sees that the service shuts down, and not before', async () => {
    const { answer } = await running(`drains/${name}`);
    await draining();
    expect(await (await answer).json()).toBe(false);
    expect((await server.process).exitCode).toBe(0);
  });
});

it('a generator ends by itself, its items are whole', async () => {
  const accept = { headers: { accept: 'text/event-stream', 'content-type': 'application/json' } };
  const response = await server.call('drains/counts', {}, accept);
  await draining();
  expect(await response.text()).toMatch(/^: stream\n\n(data: \d+\n\n)+event: end\ndata: \{\}\n\n$/);
  expect((await server.process).exitCode).toBe(0);
});

it('a process that serves many calls is told in each, and serves on', async () => {
  const { answer } = await running('drains/sleeps_in_reuse', { seconds: 1.5 });
  const waiting = [1, 2].map(async () => server.answer('drains/sleeps_in_reuse', { seconds: 0.1 }));
  await server.fetch('/api/health'); // they have been taken before it
  await draining();
  const [pid] = (await (await answer).json()) as [number, boolean];
  expect(await Promise.all(waiting)).toEqual([
    [pid, true],
    [pid, true],
  ]);
  expect((await server.process).exitCode).toBe(0);
});
