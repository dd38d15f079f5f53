import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { TestServer, waitFor } from '../server.ts';
import { chatting, completion, json, ScriptedBackend } from './scripted-backend.ts';

const hubToken = 'hf_secret_test_token';
const gpuKey = 'a-secret-key-of-the-gpu';
let gpu: ScriptedBackend;
let hub: ScriptedBackend;
let server: TestServer;

beforeAll(async () => {
  gpu = await ScriptedBackend.start(chatting('from the gpu'));
  hub = await ScriptedBackend.start(chatting('from the hub', 'openai/gpt-oss-20b'));
  server = await start({ HF_TOKEN: hubToken, HEADY_HF_URL: hub.url, REMOTE_GPU_URL: `${gpu.url}/v1` });
  await server.line(({ message }) => message === 'the remote GPU serves a-model');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  gpu[Symbol.dispose]();
  hub[Symbol.dispose]();
});
beforeEach(() => {
  gpu.script = chatting('from the gpu');
  hub.script = chatting('from the hub');
  gpu.asked.length = 0;
  hub.asked.length = 0;
});

async function start(env: Readonly<Record<string, string>>): Promise<TestServer> {
  return TestServer.start({
    root: inject('root'),
    env: { HEADY_HF_MOCK: '0', REMOTE_GPU_API_KEY: gpuKey, ...env },
  });
}

async function post(path: string, body: unknown, at = server): Promise<Response> {
  return at.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const question = { messages: [{ role: 'user', content: 'Why?' }] };

async function said(body: object, at = server): Promise<unknown> {
  const response = await post('/v1/chat/completions', { ...question, ...body }, at);
  const { choices, error } = await response.json();
  return choices?.[0].message.content ?? error;
}

describe('the remote GPU', () => {
  it('is asked first, with its own model and its own key alone', async () => {
    expect(await said({})).toBe('from the gpu');
    expect(hub.asked).toEqual([]);
    const [asked] = gpu.posts;
    expect(asked).toMatchObject({ path: '/v1/chat/completions', body: { model: 'a-model' } });
    expect(asked?.headers.authorization).toBe(`Bearer ${gpuKey}`);
    expect(JSON.stringify(gpu.asked)).not.toContain(hubToken);
  });

  it('is passed over for a model that it does not list', async () => {
    expect(await said({ model: 'openai/gpt-oss-20b' })).toBe('from the gpu'); // the default: whatever it has
    expect(await said({ model: 'meta-llama/Llama-3.1-8B-Instruct' })).toBe('from the hub');
    expect(JSON.stringify(hub.asked)).not.toContain(gpuKey);
  });

  it.each([
    ['answers that it has failed', 500],
    ['does not take its key', 401],
    ['has too much to do, and goes on having it', 429],
  ])('has its place taken by Hugging Face where it %s', async (_, status) => {
    gpu.script = (_asked, response) => json(response, { error: 'no' }, status, { 'retry-after': '200' });
    expect(await said({})).toBe('from the hub');
  });

  it('tells its caller what is wrong with the call, and nobody else is asked', async () => {
    gpu.script = (_asked, response) => json(response, { error: { message: 'too long' } }, 400);
    expect(await said({})).toMatchObject({ message: 'The remote GPU: too long' });
    expect(hub.posts).toEqual([]);
  });

  it('embeds, in batches, and each text once', async () => {
    gpu.script = ({ body }, response) => {
      const texts = body.input as string[];
      const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: [Number(text), 0] }));
      json(response, { object: 'list', data: data.toReversed(), usage: { prompt_tokens: texts.length } });
    };
    const texts = Array.from({ length: 70 }, (_, at) => String((at % 40) + 1));
    const response = await post('/api/hf/embed', { texts, normalize: false });
    const { vectors, backend, usage } = await response.json();
    expect(vectors).toEqual(texts.map((text) => [Number(text), 0]));
    expect({ backend, usage }).toEqual({
      backend: 'remote-gpu',
      usage: { inputTokens: 40, outputTokens: 0 },
    });
    expect(gpu.posts.map(({ body }) => (body.input as string[]).length)).toEqual([32, 8]);
  });

  it('generates text in the form of Hugging Face’s task', async () => {
    gpu.script = ({ body }, response) =>
      json(response, { choices: [{ text: `${String(body.prompt)} end`, finish_reason: 'stop' }] });
    const parameters = { max_new_tokens: 7 };
    const response = await post('/api/hf/infer', { task: 'text-generation', inputs: 'The', parameters });
    expect(await response.json()).toEqual([{ generated_text: 'The end' }]);
    expect(gpu.posts).toMatchObject([{ path: '/v1/completions', body: { prompt: 'The', max_tokens: 7 } }]);
  });

  it('is no place for other tasks', async () => {
    hub.script = (_asked, response) => json(response, [{ summary_text: 'short' }]);
    const response = await post('/api/hf/infer', { task: 'summarization', inputs: 'A long text.' });
    expect(await response.json()).toEqual([{ summary_text: 'short' }]);
    expect(response.headers.get('x-inference-backend')).toBe('huggingface');
  });

  it('that serves no embeddings is not asked for them twice', async () => {
    await using fresh = await start({ HF_TOKEN: hubToken, HEADY_HF_URL: hub.url, REMOTE_GPU_URL: gpu.url });
    gpu.script = (asked, response) =>
      asked.method === 'GET'
        ? json(response, { error: 'not here' }, 404)
        : json(response, { detail: 'Not Found' }, 404);
    hub.script = (_asked, response) => json(response, [[0, 1]]);
    for (const text of ['one', 'two'])
      expect((await post('/api/hf/embed', { texts: [text] }, fresh)).status).toBe(200);
    expect(gpu.posts).toHaveLength(1);
    expect(hub.posts).toHaveLength(2);
  });

  it('alone is enough', async () => {
    await using alone = await start({
      NODE_ENV: 'production',
      REMOTE_GPU_HOST: '127.0.0.1',
      REMOTE_GPU_PORT: String(gpu.port),
    });
    expect(await said({}, alone)).toBe('from the gpu');
    const response = await post('/api/hf/infer', { task: 'fill-mask', inputs: 'A [MASK].' }, alone);
    expect(response.status).toBe(422);
    expect((await response.json()).detail).toBe(
      "No configured inference backend serves the task 'fill-mask'.",
    );
  });

  it('that still loads its model is asked again until it lists it', async () => {
    let isLoaded = false;
    gpu.script = (asked, response) =>
      isLoaded ? chatting('loaded')(asked, response) : json(response, { error: 'Loading model' }, 503);
    await using early = await start({ REMOTE_GPU_URL: gpu.url });
    await early.line(({ message }) => message.startsWith('the inference backend remote-gpu does not list'));
    isLoaded = true;
    await early.line(({ message }) => message === 'the remote GPU serves a-model');
    expect(await said({}, early)).toBe('loaded');
  });

  it('that is left alone is not answered for by that Hugging Face does not have its model', async () => {
    await using both = await start({ HF_TOKEN: hubToken, HEADY_HF_URL: hub.url, REMOTE_GPU_URL: gpu.url });
    await both.line(({ message }) => message === 'the remote GPU serves a-model');
    gpu.script = (_asked, response) => json(response, { error: 'broken' }, 500);
    hub.script = (_asked, response) => json(response, { error: 'no such model' }, 404);
    const statuses: number[] = [];
    for (let call = 0; call < 7; call += 1)
      statuses.push((await post('/v1/chat/completions', { ...question, model: 'a-model' }, both)).status);
    expect(statuses).toEqual([502, 502, 502, 502, 502, 503, 503]);
  });

  it('takes the numbers of tokens as they are', async () => {
    gpu.script = ({ body }, response) =>
      json(response, { data: (body.input as unknown[]).map((_, index) => ({ index, embedding: [1, 0] })) });
    expect((await post('/v1/embeddings', { input: [[1, 2], [3]] })).status).toBe(200);
    expect((await post('/v1/embeddings', { input: [4, 5] })).status).toBe(200);
    expect(gpu.posts.map(({ body }) => body.input)).toEqual([[[1, 2], [3]], [[4, 5]]]);
  });

  it('that is not there is answered for by Hugging Face, soon not even tried, and never falls back to the mock', async () => {
    await using orphaned = await start({
      HF_TOKEN: hubToken,
      HEADY_HF_URL: hub.url,
      REMOTE_GPU_URL: 'http://127.0.0.1:2',
    });
    for (let call = 0; call < 6; call += 1) expect(await said({}, orphaned)).toBe('from the hub');
    const { checks } = await (await orphaned.fetch('/api/health')).json();
    expect(checks.inference).toMatchObject({
      ok: true,
      circuits: { 'remote-gpu': 'open', huggingface: 'closed' },
    });
  });
});

describe('without any backend', () => {
  it('inference is no part of the service, and says so', async () => {
    await using bare = await start({});
    const response = await post('/v1/chat/completions', question, bare);
    expect([response.status, (await response.json()).error.message]).toEqual([
      503,
      'No inference backend is configured.',
    ]);
    const { checks, degraded } = await (await bare.fetch('/api/health')).json();
    expect([checks.inference, degraded]).toEqual([undefined, undefined]);
  });
});

describe('the list of models', () => {
  it('is asked for once by many, and not for long', async () => {
    let lists = 0;
    gpu.script = ({ method }, response) => {
      if (method === 'GET') lists += 1;
      setTimeout(() => json(response, { object: 'list', data: [{ id: 'a-model' }] }), 1000);
    };
    await using alone = await start({ REMOTE_GPU_URL: gpu.url });
    await alone.line(({ message }) => message === 'the remote GPU serves a-model');
    lists = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => (await alone.fetch('/v1/models')).json()),
    );
    expect([lists, answers.every(({ data }) => data[0].id === 'a-model')]).toEqual([1, true]);
  });
});

describe('at start', () => {
  it('warns of plain http to a public address', async () => {
    await using warned = await start({ REMOTE_GPU_URL: 'http://203.0.113.9:8000' });
    await warned.line(({ message }) => message.includes('over plain http at a public address'));
    expect(warned.output).not.toContain(gpuKey);
  });

  it('does not warn of an address within', async () => {
    await using silent = await start({ REMOTE_GPU_HOST: 'gpu.internal', REMOTE_GPU_PORT: '8000' });
    expect(silent.output).not.toContain('plain http');
  });
});

describe('one that answers what makes no sense', () => {
  it.each([
    ['no JSON', 200, 'application/json', '<html>', 502],
    ['another type', 200, 'text/html', '{}', 502],
    ['nothing', 200, 'application/json', '', 502],
    ['another form', 200, 'application/json', '{"ok":true}', 502],
    ['another status', 418, 'text/plain', 'teapot', 422],
    ['a redirect to elsewhere', 307, 'text/plain', '', 502],
  ])('(%s) is told of with a status of its own', async (_, status, type, body, told) => {
    gpu.script = (_asked, response) =>
      void response.writeHead(status, { 'content-type': type, location: hub.url }).end(body);
    await using alone = await start({ REMOTE_GPU_URL: gpu.url });
    const response = await post('/v1/chat/completions', question, alone);
    expect([response.status, hub.asked.length]).toEqual([told, 0]);
    expect((await response.json()).error.message).toMatch(/^The remote GPU: /);
  });

  it('without end is told of before it fills the memory', async () => {
    let sent = 0;
    gpu.script = (_asked, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const piece = Buffer.alloc(1024 ** 2, ' ');
      const write = () => {
        while (!response.destroyed && sent < 500 && response.write(piece)) sent += 1;
      };
      response.on('drain', write);
      write();
    };
    await using alone = await start({ REMOTE_GPU_URL: gpu.url });
    const response = await post('/v1/chat/completions', question, alone);
    expect([response.status, (await response.json()).error.message]).toEqual([
      502,
      'The remote GPU: an answer of more than 32MB',
    ]);
    expect(sent).toBeLessThan(150);
  });

  it('late is told of when its time is over', async () => {
    gpu.script = () => {};
    await using hasty = await start({ REMOTE_GPU_URL: gpu.url, HEADY_INFERENCE_FIRST_BYTE_TIMEOUT: '300ms' });
    const response = await post('/v1/chat/completions', question, hasty);
    expect(response.status).toBe(503);
    expect((await response.json()).error.message).toBe('The remote GPU: no answer within 300ms');
    await waitFor(() => gpu.posts.every(({ abandoned }) => abandoned) || undefined);
  });

  it('is told of in the language of its caller', async () => {
    gpu.script = (_asked, response) => json(response, completion('ok'));
    const unauthorized = await fetch(`${server.url}/v1/models`);
    expect([unauthorized.status, await unauthorized.json()]).toMatchObject([
      401,
      { error: { type: 'invalid_request_error', code: 'invalid_api_key', param: null } },
    ]);
    const invalid = await post('/v1/chat/completions', { messages: [] });
    expect([invalid.status, await invalid.json()]).toMatchObject([
      422,
      { error: { param: 'messages', message: '/messages: is empty' } },
    ]);
    const unknown = await post('/v1/nothing', {});
    expect([unknown.status, (await unknown.json()).error.code]).toEqual([404, 'not_found']);
  });
});
