import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root') });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The record of a call, and what its function has written. */
async function record(response: Response) {
  const requestId = response.headers.get('x-request-id');
  const invocation = await server.line(
    (line) => line.requestId === requestId && line.message === 'invocation',
  );
  const written = server.lines.filter((line) => line.requestId === requestId && line.stream === 'stdout');
  return { outcome: invocation.outcome, written: written.map(({ message }) => message) };
}

describe('a function with a grace period', () => {
  it('hears of its end and cleans up, while its caller has its answer', async () => {
    const response = await server.call('graceful/cleans_up', { seconds: 1 });
    expect(response.status).toBe(504);
    expect(server.lines.filter(({ message }) => message === 'cleaned up')).toEqual([]); // it is still at it
    expect(await record(response)).toEqual({ outcome: 'worker-timeout', written: ['at work', 'cleaned up'] });
  });

  it('hears of it in a coroutine', async () => {
    const response = await server.call('graceful/asynchronous');
    expect(await record(response)).toEqual({
      outcome: 'worker-timeout',
      written: ['at work', 'loop left in order'],
    });
  });

  it('is ended when that is over', async () => {
    const response = await server.call('graceful/clings');
    expect(await record(response)).toEqual({ outcome: 'worker-timeout', written: ['not yet'] });
  });

  it('is over at once for what passes a limit in it', async () => {
    const response = await server.call('graceful/multiplies');
    expect(response.status).toBe(504);
    await server.line(({ message, function: name }) => message === 'invocation' && name === 'multiplies');
    expect(server.output).not.toContain('outgrew its limit');
  });

  it('hears of a caller that goes away', async () => {
    const controller = new AbortController();
    const call = server.call('graceful/waits', {}, { signal: controller.signal });
    await server.line(({ message }) => message === 'waiting');
    controller.abort();
    await expect(call).rejects.toThrow('aborted');
    await server.line(({ message }) => message === 'left in order');
    await server.line(({ message, outcome }) => message === 'invocation' && outcome === 'canceled');
  });

  it('hears of the end of the service', async () => {
    const other = await TestServer.start({ root: inject('root'), env: { HEADY_SHUTDOWN_TIMEOUT: '500ms' } });
    const call = other.call('graceful/waits').catch(() => undefined);
    await other.line(({ message }) => message === 'waiting');
    await other[Symbol.asyncDispose]();
    await call;
    expect(other.lines.map(({ message }) => message)).toContain('left in order');
    expect((await other.process).exitCode).toBe(0);
  });
});

it('a function without one hears nothing', async () => {
  const response = await server.call('graceful/hears_nothing');
  expect(await record(response)).toEqual({ outcome: 'worker-timeout', written: [] });
});
