import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_PY_MAX_CONCURRENCY: '4' } });
});
afterAll(() => server[Symbol.asyncDispose]());

async function stream(path: string, input: unknown = {}, init: RequestInit = {}): Promise<Response> {
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
  return server.call(`streams/${path}`, input, { headers, ...init });
}

async function lines(path: string, input: unknown = {}): Promise<unknown[]> {
  const headers = { accept: 'application/x-ndjson', 'content-type': 'application/json' };
  const text = await (await stream(path, input, { headers })).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** The chunks of a response as they come. */
async function* chunks({ body }: Response): AsyncGenerator<string> {
  if (body) for await (const chunk of body) yield Buffer.from(chunk).toString();
}

/** The outcome of the last invocation of a function. */
async function outcome(name: string): Promise<unknown> {
  const line = await server.line((each) => each.message === 'invocation' && each.function === name);
  return line.outcome;
}

describe('a generator', () => {
  it.each(['count', 'count_async', 'opened', 'given'])(
    '%s is streamed as server-sent events',
    async (name) => {
      const response = await stream(name, { to: 3 });
      expect(await response.text()).toBe(
        ': stream\n\ndata: 0\n\ndata: 1\n\ndata: 2\n\nevent: end\ndata: {}\n\n',
      );
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
    },
  );

  it('is streamed as lines, and as one list', async () => {
    expect(await lines('count_async', { to: 3 })).toEqual([0, 1, 2]);
    expect(await lines('unhinted')).toEqual(['a', { b: 1 }]);
    expect(await server.answer('streams/count_async', { to: 3 })).toEqual([0, 1, 2]);
    expect(await server.answer('streams/opened', { to: 3 })).toEqual([0, 1, 2]);
  });

  it('may serve one call after the other in one process', async () => {
    const pids = [...(await lines('process_ids', { to: 3 })), ...(await lines('process_ids', { to: 3 }))];
    expect(new Set(pids).size).toBe(1);
    expect(pids.length).toBe(6);
  });

  it('sends a comment before its first item, and each item before the next', async () => {
    const seen: { at: number; text: string }[] = [];
    for await (const text of chunks(await stream('ticks', { seconds: [1, 2] })))
      seen.push({ at: Date.now() / 1000, text });
    const [first, second] = seen
      .flatMap(({ text }) => text.match(/(?<=data: )\{"number.*\}/g) ?? [])
      .map((item) => JSON.parse(item) as { at: number });
    expect(seen[0]).toMatchObject({ text: ': stream\n\n' });
    expect(seen[0]?.at).toBeLessThan(first?.at ?? 0);
    expect(seen[1]?.at).toBeLessThan(second?.at ?? 0);
  });

  it('waits for a reader that is slow', async () => {
    const response = await stream('counted', { path: 'slow', items: 400, size: 64 * 1024 });
    const body = response.body?.getReader();
    let bytes = (await body?.read())?.value?.byteLength ?? 0;
    const asked = () => server.lines.filter(({ message }) => message.startsWith('asked slow')).length;
    await waitFor(() => asked() > 2 || undefined);
    await delay(500);
    const waiting = asked();
    expect(waiting).toBeLessThan(200); // what the sockets between hold
    for (let chunk = await body?.read(); chunk && !chunk.done; chunk = await body?.read())
      bytes += chunk.value.byteLength;
    expect(bytes).toBeGreaterThan(400 * 64 * 1024);
  });
});

describe('what is asked for', () => {
  it.each([
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, application/json;q=0.5', 'text/event-stream'],
    ['application/json, text/event-stream;q=0.5', 'application/json'],
    ['application/x-ndjson;q=1, */*;q=0.1', 'application/x-ndjson'],
    ['*/*', 'application/json'],
  ])('by %s is given as %s', async (accept, type) => {
    const headers = { accept, 'content-type': 'application/json' };
    expect((await stream('count', { to: 1 }, { headers })).headers.get('content-type')).toBe(type);
  });

  it('is refused where it is not to be had', async () => {
    const headers = { accept: 'text/csv', 'content-type': 'application/json' };
    const response = await stream('count', { to: 1 }, { headers });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({
      code: 'not-acceptable',
      detail: expect.stringContaining('text/csv'),
    });
    const plain = await stream('plain');
    expect(plain.status).toBe(406);
    expect(await plain.json()).toMatchObject({
      detail: expect.stringContaining('streams.plain is no generator'),
    });
  });

  it('is validated before anything is sent', async () => {
    const response = await stream('count', { to: 'many' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/to' }] });
  });
});

describe('an error in mid-stream', () => {
  it.each([
    ['fails', { after: 2 }, [0, 1], { code: 'worker-error', detail: 'streams.fails: ValueError: no more' }],
    [
      'not_of_type',
      {},
      [1],
      { code: 'worker-error', detail: expect.stringContaining('not of the return type') },
    ],
    ['infinite_number', {}, [1], { code: 'worker-error', detail: expect.stringContaining('no JSON form') }],
    ['dies', {}, [1], { code: 'worker-crashed', detail: expect.stringContaining('exit status 7') }],
    ['stalls', {}, [1], { code: 'worker-timeout', limit: '500ms' }],
    ['never', {}, [], { code: 'worker-timeout', limit: '500ms' }],
    ['bounded', { sizes: [10, 2000] }, ['x'.repeat(10)], { code: 'worker-output-too-large', limit: '1KB' }],
  ])('of %s is its last event', async (name, input, items, problem) => {
    const text = await (await stream(name, input)).text();
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
    expect(events.map((event) => JSON.parse(event.slice(6)))).toEqual(items);
    const [, told = ''] = /event: problem\ndata: (.*)\n\n$/.exec(text) ?? [];
    const typed = { type: `urn:heady-manager:problem:${problem.code}`, requestId: expect.any(String) };
    expect(JSON.parse(told)).toMatchObject({ ...typed, ...problem });
    expect(await outcome(name)).toBe(problem.code);
  });

  it('is the last line', async () => {
    expect(await lines('fails', { after: 1 })).toEqual([
      0,
      expect.objectContaining({ code: 'worker-error' }),
    ]);
  });

  it('is no matter of the sum of what is sent', async () => {
    expect(await lines('bounded', { sizes: Array.from({ length: 20 }, () => 1000) })).toHaveLength(20);
    expect((await server.call('streams/bounded', { sizes: [600, 600] })).status).toBe(502);
  });
});

describe('a reader that leaves', () => {
  it('ends the generator and all that is its own', async () => {
    const controller = new AbortController();
    const response = await stream('directory', {}, { signal: controller.signal });
    let text = '';
    for await (const chunk of chunks(response)) {
      text += chunk;
      if (text.includes('data:')) break;
    }
    controller.abort();
    const directory = JSON.parse(/data: (.*)/.exec(text)?.[1] ?? '') as string;
    expect(await outcome('directory')).toBe('canceled');
    await waitFor(() => !existsSync(directory) || undefined);
  });

  it('lets a function with a grace period clean up', async () => {
    const controller = new AbortController();
    const reader = (await stream('tidy', { path: 'one' }, { signal: controller.signal })).body?.getReader();
    await reader?.read();
    controller.abort();
    await server.line(({ message }) => message === 'tidied one');
    expect(await outcome('tidy')).toBe('canceled');
  });

  it('ends one that waits for it', async () => {
    const controller = new AbortController();
    const reader = (
      await stream('wide', { items: 1000, size: 64 * 1024 }, { signal: controller.signal })
    ).body?.getReader();
    await reader?.read();
    await delay(200);
    controller.abort();
    expect(await outcome('wide')).toBe('canceled');
  });
});
