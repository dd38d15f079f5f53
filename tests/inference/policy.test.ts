import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { chatting, completion, json, ScriptedBackend } from './scripted-backend.ts';

const token = 'hf_secret_test_token';
let backend: ScriptedBackend;
let server: TestServer;

beforeAll(async () => {
  backend = await ScriptedBackend.start();
  server = await start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  backend[Symbol.dispose]();
});
beforeEach(() => {
  backend.script = chatting('hello');
  backend.asked.length = 0;
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return TestServer.start({
    root: inject('root'),
    env: { HF_TOKEN: token, HEADY_HF_MOCK: '0', HEADY_HF_URL: backend.url, ...env },
  });
}

async function post(
  path: string,
  body: unknown,
  { at = server, signal }: { at?: TestServer; signal?: AbortSignal } = {},
) {
  return at.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** A coin that falls in the same way each time. */
function isTails(...toss: readonly number[]): boolean {
  return hash('sha256', toss.join(' '), 'buffer').readUInt8(0) < 128;
}

const question = { messages: [{ role: 'user', content: 'Why?' }] };

describe('a backend that is too busy', () => {
  it.each([
    ['429 with Retry-After', 429, { 'retry-after': '1' }, {}],
    ['503 with the time until the model is loaded', 503, {}, { error: 'loading', estimated_time: 1 }],
  ])('is asked again when it says so: %s', async (_, status, headers, body) => {
    const times: number[] = [];
    backend.script = (_asked, response) => {
      times.push(performance.now());
      if (times.length === 1) json(response, body, status, headers);
      else json(response, completion('at last'));
    };
    const response = await post('/v1/chat/completions', question);
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'at last' } }] });
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(1000);
  });

  it('half of the time fails less than one call in a hundred', async () => {
    const attempts = new Map<unknown, number>();
    backend.script = ({ body: { user } }, response) => {
      const attempt = (attempts.get(user) ?? 0) + 1;
      attempts.set(user, attempt);
      if (isTails(Number(user), attempt)) json(response, { error: 'busy' }, 503);
      else json(response, completion('ok'));
    };
    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const users = Array.from({ length: 40 }, (_, at) => String(round * 40 + at));
      const responses = users.map(async (user) => post('/v1/chat/completions', { ...question, user }));
      statuses.push(...(await Promise.all(responses)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status !== 200).length).toBeLessThan(2);
    expect(backend.posts.length).toBeGreaterThan(350);
    const { checks } = await (await server.fetch('/api/health')).json();
    expect(checks.inference.circuits).toEqual({ huggingface: 'closed' });
  });

  it('is not waited for beyond the time of the call', async () => {
    await using hasty = await start({ HEADY_INFERENCE_TIMEOUT: '2s' });
    backend.script = (_asked, response) =>
      json(response, { error: 'slow down' }, 429, { 'retry-after': '30' });
    const response = await post('/v1/chat/completions', question, { at: hasty });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(backend.posts.length).toBe(1);
  });
});

describe('what is not tried again', () => {
  it.each([
    [400, 422, 'bad'],
    [404, 404, 'model_not_found'],
    [422, 422, 'bad'],
    [401, 502, 'refuses this service'],
    [402, 502, 'refuses this service'],
    [500, 502, 'bad'],
  ])('is a %i, which the caller gets as %i', async (status, told, words) => {
    backend.script = (_asked, response) => json(response, { error: 'bad' }, status);
    const response = await post('/v1/chat/completions', question);
    expect(response.status).toBe(told);
    expect(await response.text()).toContain(words);
    expect(backend.posts.length).toBe(1);
  });
});

describe('the queue', () => {
  it('lets so many calls through at once, and gives up those whose callers leave', async () => {
    let running = 0;
    let most = 0;
    backend.script = async (_asked, response) => {
      most = Math.max(most, (running += 1));
      await delay(50);
      running -= 1;
      json(response, completion('ok'));
    };
    const leaver = new AbortController();
    const calls = Array.from({ length: 12 }, async () => post('/v1/chat/completions', question));
    const left = Array.from({ length: 4 }, async () =>
      post('/v1/chat/completions', question, { signal: leaver.signal }).catch(() => 'left'),
    );
    await delay(60);
    leaver.abort();
    const statuses = await Promise.all(calls.map(async (call) => (await call).status));
    expect(statuses).toEqual(Array.from({ length: 12 }, () => 200));
    expect(await Promise.all(left)).toContain('left');
    expect(most).toBe(4);
  });

  it('is bounded, and says so', async () => {
    await using narrow = await start({ HF_MAX_CONCURRENCY: '1' });
    const gate = Promise.withResolvers<void>();
    backend.script = async (_asked, response) => {
      await gate.promise;
      json(response, completion('ok'));
    };
    const calls = Array.from({ length: 30 }, async () =>
      post('/v1/chat/completions', question, { at: narrow }),
    );
    const refused: Response[] = [];
    for (const call of calls) void call.then((response) => response.status === 503 && refused.push(response));
    await waitFor(() => refused.length === 13); // one runs, sixteen wait
    const [first] = refused;
    expect(first?.headers.get('retry-after')).toBe('1');
    expect(await first?.json()).toMatchObject({ error: { code: 'inference_busy', type: 'server_error' } });
    gate.resolve();
    const statuses = await Promise.all(calls.map(async (call) => (await call).status));
    expect(statuses.filter((status) => status === 200).length).toBe(17);
  });
});

describe('what is no fault of the backend', () => {
  it('is to wait in the queue, which does not open its circuit', async () => {
    await using narrow = await start({ HF_MAX_CONCURRENCY: '1', HEADY_INFERENCE_TIMEOUT: '1s' });
    backend.script = async (_asked, response) => {
      await delay(700);
      json(response, completion('ok'));
    };
    const calls = Array.from({ length: 8 }, async () =>
      post('/v1/chat/completions', question, { at: narrow }),
    );
    const responses = await Promise.all(calls);
    const codes = await Promise.all(
      responses.filter(({ status }) => status === 503).map(async (each) => (await each.json()).error.code),
    );
    expect([...new Set(codes)]).toEqual(['inference_busy']);
    const { checks } = await (await narrow.fetch('/api/health')).json();
    expect(checks.inference.circuits).toEqual({ huggingface: 'closed' });
  });

  it.each([200, 3000, 5000, 50_000])('is a body nested %i deep, which ends nothing', async (depth) => {
    const content = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const stream of [true, false]) {
      const response = await server.fetch('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"stream":${stream},"messages":[{"role":"user","content":${content}}]}`,
      });
      expect([response.status, (await response.json()).error.message]).toEqual([
        422,
        'The body is nested deeper than 100 levels.',
      ]);
    }
    expect(backend.posts).toEqual([]);
    expect((await server.fetch('/api/health')).status).toBe(200);
  });
});

describe('equal calls at the same time', () => {
  const calm = { ...question, temperature: 0 };

  it('are one where nothing is sampled, and it goes on while one of their callers waits', async () => {
    const gate = Promise.withResolvers<void>();
    backend.script = async (_asked, response) => {
      await gate.promise;
      json(response, completion('once'));
    };
    const leaver = new AbortController();
    const left = post('/v1/chat/completions', calm, { signal: leaver.signal }).catch(() => 'left');
    await waitFor(() => backend.posts[0]);
    const others = [1, 2].map(async () => post('/v1/chat/completions', calm));
    await delay(100);
    leaver.abort();
    expect(await left).toBe('left');
    await delay(50);
    gate.resolve();
    for (const other of others)
      expect(await (await other).json()).toMatchObject({ choices: [{ message: { content: 'once' } }] });
    expect(backend.posts.map(({ abandoned }) => abandoned)).toEqual([false]);
    const paid = await server.line(({ message, outcome }) => message === 'inference' && outcome === 'ok');
    expect(paid).toMatchObject({ inputTokens: 3, outputTokens: 5, coalesced: false });
    const shared = await server.line(({ coalesced }) => coalesced === true);
    expect(shared).toMatchObject({ outcome: 'ok', inputTokens: 0, outputTokens: 0 });
  });

  it('end with the last caller that leaves', async () => {
    backend.script = () => {};
    const leaver = new AbortController();
    const calls = [1, 2].map(async () =>
      post('/v1/chat/completions', calm, { signal: leaver.signal }).catch(() => 'left'),
    );
    const asked = await waitFor(() => backend.posts[0]);
    await delay(100);
    leaver.abort();
    await Promise.all(calls);
    await waitFor(() => asked.abandoned || undefined);
    expect(backend.posts).toHaveLength(1);
  });

  it('have each its own time: who has joined one that fails does its own', async () => {
    await using hasty = await start({ HEADY_INFERENCE_TIMEOUT: '1s' });
    backend.script = async (_asked, response) => {
      await delay(backend.posts.length === 1 ? 5000 : 0);
      json(response, completion('in time'));
    };
    const first = post('/v1/chat/completions', calm, { at: hasty });
    await delay(700);
    const second = post('/v1/chat/completions', calm, { at: hasty });
    expect([(await first).status, (await second).status]).toEqual([503, 200]);
  });

  it('are several where a task samples', async () => {
    backend.script = async (_asked, response) => {
      await delay(100);
      json(response, [{ summary_text: 'x' }]);
    };
    const summarise = async (parameters: object) =>
      (await post('/api/hf/infer', { task: 'summarization', inputs: 'Long.', parameters })).status;
    expect(await Promise.all([1, 2].map(async () => summarise({ do_sample: true })))).toEqual([200, 200]);
    expect(backend.posts).toHaveLength(2);
    await Promise.all([1, 2].map(async () => summarise({})));
    expect(backend.posts).toHaveLength(3);
  });

  it('are several where something is sampled', async () => {
    await Promise.all([1, 2].map(async () => (await post('/v1/chat/completions', question)).text()));
    expect(backend.posts).toHaveLength(2);
  });
});

describe('a circuit', () => {
  it('opens when calls fail one after the other, answers at once, and closes when a later call is answered', async () => {
    await using fragile = await start();
    const ask = async () => post('/v1/chat/completions', question, { at: fragile });
    backend.script = (_asked, response) => json(response, { error: 'broken' }, 500);
    for (let count = 0; count < 5; count += 1) expect((await ask()).status).toBe(502);
    const before = backend.posts.length;
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(backend.posts.length).toBe(before);
    const health = await (await fragile.fetch('/api/health')).json();
    expect(health).toMatchObject({
      ok: true,
      checks: { inference: { ok: false, circuits: { huggingface: 'open' } } },
      degraded: ['inference'],
    });
    backend.script = chatting('hello');
    const answered = await waitFor(async () => {
      const response = await ask();
      return response.status === 200 ? response : undefined;
    }, 15_000);
    expect(answered.status).toBe(200);
    expect((await (await fragile.fetch('/api/health')).json()).degraded).toBeUndefined();
  });

  it('stays closed where the caller is wrong, or asks for too much', async () => {
    backend.script = (_asked, response) => json(response, { error: 'wrong' }, 422);
    for (let count = 0; count < 8; count += 1)
      expect((await post('/v1/chat/completions', question)).status).toBe(422);
    backend.script = chatting('hello');
    expect((await post('/v1/chat/completions', question)).status).toBe(200);
  });
});

describe('the daily budget', () => {
  it('refuses calls when it is spent, says when there is more, and outlasts a restart with a data directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'data-'));
    const env = { HEADY_INFERENCE_DAILY_TOKENS: '10', HEADY_DATA_DIR: directory };
    {
      await using frugal = await start(env);
      for (const status of [200, 200, 429])
        // 8 tokens each
        expect((await post('/v1/chat/completions', question, { at: frugal })).status).toBe(status);
    }
    await using again = await start(env);
    const refused = await post('/v1/chat/completions', question, { at: again });
    rmSync(directory, { recursive: true });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(24 * 3600);
    expect((await refused.json()).error.message).toMatch(/there are more at \d{4}-\d\d-\d\dT00:00:00/);
  });
});

it('shows the token to nobody, whatever a backend repeats of it', async () => {
  backend.script = ({ headers }, response) =>
    json(response, { error: `no such key: ${headers.authorization}` }, 422);
  const response = await post('/v1/chat/completions', question);
  expect(await response.text()).toContain('no such key: Bearer [HF_TOKEN]');
  expect(server.output).not.toContain(token);
});
