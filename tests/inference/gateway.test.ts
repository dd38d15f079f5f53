import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';
import { build, makeProject, type Project, repository } from '../project.ts';
import { TestServer, waitFor } from '../server.ts';
import { environmentBlocks } from '../server/environment-blocks.ts';
import { Recorder } from './recorder.ts';

const token = 'hf_secret_test_token';
let mock: MockServer;
let recorder: Recorder;
let project: Project;
let server: TestServer;

beforeAll(async () => {
  project = makeProject(join(repository, 'tests/inference/project'));
  await build(project.root);
  mock = await startMock({ port: 0 });
  recorder = await Recorder.start(mock.url);
  server = await start(recorder.url);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  recorder[Symbol.dispose]();
  await mock.close();
  project[Symbol.dispose]();
});

async function start(url: string): Promise<TestServer> {
  return TestServer.start({
    root: project.root,
    env: { HF_TOKEN: token, HEADY_HF_MOCK: '0', HEADY_HF_URL: url },
  });
}

async function answer<T>(path: string, input: unknown): Promise<T> {
  return server.answer<T>(path, input);
}

function post(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** The grant of a call that holds it for a while. */
async function heldGrant(seconds: number): Promise<{ url: string; token: string; ended: Promise<Response> }> {
  const id = `hold-${Math.random()}`;
  const headers = { 'content-type': 'application/json', 'x-request-id': id };
  const ended = server.call('probe/hold', { seconds }, { headers });
  const { message } = await server.line(({ requestId, stream }) => requestId === id && stream === 'stdout');
  const [url = '', granted = ''] = message.split(' ');
  return { url, token: granted, ended };
}

/** The status of a chat through the gateway. */
async function chat(url: string, bearer: string | undefined): Promise<number> {
  const { status } = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify({ model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  return status;
}

const tower = 'Gustave Eiffel built the tower in 1889. It stands in Paris. It is made of iron.';

describe('inference', () => {
  it('answers a question about a text, by the token that the service alone has', async () => {
    const before = recorder.requests.length;
    const question = { question: 'Who built the tower?', context: tower };
    const response = await server.fetch('/api/qa', post(question));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ answer: 'Gustave Eiffel', backend: 'huggingface' });
    expect(recorder.requests.slice(before)).toEqual([
      {
        path: '/hf-inference/models/deepset/roberta-base-squad2',
        authorization: `Bearer ${token}`,
        abandoned: false,
      },
    ]);
  });

  it('answers a question without a text by chat, with the configured model', async () => {
    const response = await server.fetch('/api/qa', post({ question: 'What is a tower?' }));
    expect(await response.json()).toMatchObject({ model: 'openai/gpt-oss-20b', answer: expect.any(String) });
    expect(recorder.requests.at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      authorization: `Bearer ${token}`,
    });
  });

  it('summarises', async () => {
    const { summary } = await answer<{ summary: string }>('process_data/summarize', {
      text: tower.repeat(5),
    });
    expect(summary.length).toBeGreaterThan(10);
    expect(summary.length).toBeLessThan(tower.length * 5);
  });

  it('embeds as unit vectors, related texts nearer than unrelated ones', async () => {
    const texts = ['The cat sat on the mat.', 'A cat sat on my mat.', 'Quarterly revenue rose by half.'];
    const { vectors } = await answer<{ vectors: number[][] }>('process_data/embed', { texts });
    const [cat = [], mat = [], revenue = []] = vectors;
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 4);
    expect(dot(cat, mat)).toBeGreaterThan(dot(cat, revenue) + 0.2);
  });

  it('streams: the first pieces of an answer that never ends come', async () => {
    const input = { model: 'mock/endless-stream', count: 5 };
    expect(await answer<string[]>('probe/first_chunks', input)).toHaveLength(5);
  });

  it('streams an answer whole', async () => {
    const chunks = await answer<string[]>('probe/all_chunks', { model: 'openai/gpt-oss-20b' });
    expect(chunks.filter((chunk) => chunk !== '').length).toBeGreaterThan(3);
  });
});

describe('what a call has used of inference', () => {
  it('is in its record, and in a log line of each', async () => {
    const response = await server.call('process_data/qa', { question: 'Who built the tower?' });
    const requestId = response.headers.get('x-request-id');
    const { inference } = await server.line(
      (line) => line.message === 'invocation' && line.requestId === requestId,
    );
    expect(inference).toMatchObject({
      calls: 1,
      failed: 0,
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      retries: 0,
      models: ['huggingface/openai/gpt-oss-20b'],
    });
    const told = await server.line((line) => line.message === 'inference' && line.requestId === requestId);
    expect(told).toMatchObject({
      backend: 'huggingface',
      operation: 'chat',
      caller: 'process_data.qa',
      outcome: 'ok',
      inputTokens: (inference as { inputTokens: number }).inputTokens,
    });
  });
});

describe('the token of the service', () => {
  it('is in no environment that a worker can read', async () => {
    const environments = await answer<Record<string, string>>('probe/environments', {});
    expect(Object.keys(environments)).toEqual(['python', 'libc', 'own block']);
    expect(environments.libc).toContain('HEADY_INFERENCE_TOKEN'); // it is the whole of it
    expect(Object.values(environments).join('\n')).not.toMatch(/hf_secret|HF_TOKEN/);
  });

  it('is in no environment block of any process', () => {
    const blocks = environmentBlocks(server.pid);
    expect(blocks.length).toBeGreaterThan(4);
    expect(blocks.join('\n')).not.toMatch(/hf_secret|HF_TOKEN/);
  });
});

describe('the gateway', () => {
  it('takes the token of a call while that runs, and no other', async () => {
    const { url, token: granted, ended } = await heldGrant(1);
    expect(granted).not.toContain(token);
    expect(await chat(url, granted)).toBe(200);
    expect(await chat(url, undefined)).toBe(401);
    expect(await chat(url, token)).toBe(401);
    expect(await chat(url, `${granted}x`)).toBe(401);
    expect((await ended).status).toBe(200);
    await server.line(({ message, function: name }) => message === 'invocation' && name === 'hold');
    expect(await chat(url, granted)).toBe(401);
  });

  it('serves inference alone', async () => {
    const { url, token: granted } = await heldGrant(1);
    const before = recorder.requests.length;
    const headers = { authorization: `Bearer ${granted}` };
    for (const path of [
      '/',
      '/api/models/x/y',
      '/v1',
      '/v1/%2e%2e/api/models/x/y',
      '/admin',
      '//v1/models',
    ]) {
      const response = await fetch(`${url}${path}`, { headers });
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
    for (const path of ['/v1/models/%zz', '/v1/models/a%ff'])
      expect((await fetch(`${url}${path}`, { headers })).status).toBe(400);
    expect(recorder.requests.length).toBe(before);
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
  });

  it('is to be reached over 127.0.0.1 alone', async () => {
    const { url } = await heldGrant(0);
    expect((await fetch(url)).status).toBe(401);
    await expect(fetch(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed');
  });

  it.each(['mock/hang', 'mock/endless-stream'])(
    'ends the work of the backend (%s) when the caller goes away',
    async (model) => {
      const before = recorder.requests.length;
      const caller = new AbortController();
      const call = server.call('probe/all_chunks', { model }, { signal: caller.signal });
      const recorded = await waitFor(() => recorder.requests[before]);
      expect(recorded.abandoned).toBe(false);
      caller.abort();
      await expect(call).rejects.toThrow('aborted');
      await waitFor(() => recorded.abandoned || undefined, 2000);
    },
  );
});

describe('a backend that fails', () => {
  it.each(['mock/error', 'mock/no-credits', 'mock/broken-stream', 'mock/malformed'])(
    'as %s does is an error in Python, and the service lives',
    async (model) => {
      const response = await server.fetch('/api/qa', post({ question: 'Why?', model }));
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ code: 'worker-error' });
      const question = { question: 'Who built the tower?', context: tower };
      expect((await server.fetch('/api/qa', post(question))).status).toBe(200);
    },
  );

  it('and is not there at all is an error in Python, and the service lives', async () => {
    const gone = await Recorder.start(mock.url);
    gone[Symbol.dispose]();
    await using lonely = await start(gone.url);
    const response = await lonely.fetch('/api/qa', post({ question: 'Who?', context: tower }));
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const { detail } = await lonely.line(
      ({ message, outcome }) => message === 'inference' && outcome === 'failed',
    );
    expect(detail).toMatch(/^Hugging Face: it is out of reach: .*ECONNREFUSED/);
    expect((await lonely.fetch('/api/health')).status).toBe(200);
    expect(lonely.output).not.toContain(token);
  });
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
