import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';
import { chatting, completion, json, ScriptedBackend } from './scripted-backend.ts';

let hub: ScriptedBackend;
let server: TestServer;

beforeAll(async () => {
  hub = await ScriptedBackend.start();
  server = await start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  hub[Symbol.dispose]();
});
beforeEach(() => {
  hub.script = chatting('hello');
  hub.asked.length = 0;
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return TestServer.start({
    root: inject('root'),
    env: { HF_TOKEN: 'hf_token_of_the_tests', HEADY_HF_MOCK: '0', HEADY_HF_URL: hub.url, ...env },
  });
}

async function post(path: string, body: unknown, at = server): Promise<Response> {
  return at.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('POST /api/hf/infer', () => {
  it.each([
    [{ task: 'summarization', inputs: 'Long.' }, 'facebook/bart-large-cnn', { inputs: 'Long.' }],
    [
      { task: 'text-classification', model: 'org/other', inputs: 'Good.', parameters: { top_k: 1 } },
      'org/other',
      { inputs: 'Good.', parameters: { top_k: 1 } },
    ],
    [
      { task: 'sentence-similarity', inputs: { source_sentence: 'a', sentences: ['b'] } },
      'sentence-transformers/all-MiniLM-L6-v2/pipeline/sentence-similarity',
      { inputs: { source_sentence: 'a', sentences: ['b'] } },
    ],
    [{ model: 'org/model', inputs: ['a'] }, 'org/model', { inputs: ['a'] }],
  ])('asks for a task as Hugging Face has it, and answers as it does: %j', async (body, path, sent) => {
    const answer = [{ any: 'thing' }];
    hub.script = (_asked, response) => json(response, answer);
    const response = await post('/api/hf/infer', body);
    expect([response.status, await response.json()]).toEqual([200, answer]);
    expect(hub.posts).toMatchObject([{ path: `/hf-inference/models/${path}`, body: sent }]);
  });

  it('passes on a picture as it is', async () => {
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]);
    hub.script = (_asked, response) =>
      void response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
    const response = await post('/api/hf/infer', { task: 'text-to-image', inputs: 'A cat.' });
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(picture);
  });

  it.each([
    [{ inputs: 'x' }, '', 'give a task or a model'],
    [{ task: 'summarization', inputs: '' }, '/inputs', 'is empty'],
    [{ task: 'summarization' }, '/inputs', undefined],
    [{ task: '../..', inputs: 'x' }, '/task', 'is no name of a task'],
    [{ model: 'a b', inputs: 'x' }, '/model', 'is no name of a model'],
  ])('refuses %j', async (body, pointer, detail) => {
    const response = await post('/api/hf/infer', body);
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { code: 'invalid-input', errors: [{ pointer, ...(detail && { detail }) }] },
    ]);
    expect(hub.posts).toEqual([]);
  });

  it.each(['../../api/whoami', 'org/../..', '..', 'a/b/c', 'org/name?x=1', 'org/name#x'])(
    'sends the token nowhere else by a model of the name %s',
    async (model) => {
      expect((await post('/api/hf/infer', { model, inputs: 'x' })).status).toBe(422);
      expect(hub.posts).toEqual([]);
    },
  );
});

describe('POST /api/hf/generate', () => {
  it('answers a prompt, with what chat takes beside it', async () => {
    hub.script = (_asked, response) => json(response, completion('It is 42.'));
    const response = await post('/api/hf/generate', {
      prompt: 'What is it?',
      temperature: 0.5,
      max_tokens: 9,
    });
    expect(await response.json()).toEqual({
      text: 'It is 42.',
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 5 },
      backend: 'huggingface',
      model: 'openai/gpt-oss-20b',
    });
    expect(hub.posts).toMatchObject([
      {
        path: '/v1/chat/completions',
        body: {
          model: 'openai/gpt-oss-20b',
          messages: [{ role: 'user', content: 'What is it?' }],
          temperature: 0.5,
          max_tokens: 9,
        },
      },
    ]);
  });

  it('takes no picture for a text', async () => {
    hub.script = (_asked, response) =>
      void response.writeHead(200, { 'content-type': 'image/png' }).end('PNG');
    expect((await post('/api/hf/generate', { prompt: 'a' })).status).toBe(502);
    expect((await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'a' }] })).status).toBe(
      502,
    );
  });

  it('takes a prompt or messages', async () => {
    for (const body of [{}, { prompt: 'a', messages: [{ role: 'user', content: 'b' }] }, { prompt: '' }])
      expect((await post('/api/hf/generate', body)).status).toBe(422);
  });
});

describe('POST /api/hf/embed', () => {
  it('pools what comes for each token, and makes vectors of unit length where that is asked for', async () => {
    hub.script = (_asked, response) =>
      json(response, [
        [
          [1, 0],
          [5, 8],
        ],
        [[0, 2]],
      ]);
    const asIs = await (await post('/api/hf/embed', { texts: ['a', 'b'], normalize: false })).json();
    expect(asIs.vectors).toEqual([
      [3, 4],
      [0, 2],
    ]);
    const unit = await (await post('/api/hf/embed', { texts: ['a', 'b'] })).json();
    expect(unit.vectors).toEqual([
      [0.6, 0.8],
      [0, 1],
    ]);
  });

  it.each([[[[1, 2]]], [{ vectors: [] }], [[[1], ['x']]]])(
    'does not take %j for the vectors of two texts',
    async (answer) => {
      hub.script = (_asked, response) => json(response, answer);
      const response = await post('/api/hf/embed', { texts: ['a', 'b'] });
      expect([response.status, (await response.json()).code]).toEqual([502, 'inference-unavailable']);
    },
  );

  it.each([
    ['image/png', 'a picture'],
    ['application/json', '[[1],[1,2]]'],
    ['application/json', '[[],[]]'],
  ])('does not take an answer of %s, %j, for vectors, nor keeps it', async (type, text) => {
    await using caching = await start({ HEADY_INFERENCE_CACHE_TTL: '1h' });
    hub.script = (_asked, response) => void response.writeHead(200, { 'content-type': type }).end(text);
    expect((await post('/api/hf/embed', { texts: ['a', 'b'] }, caching)).status).toBe(502);
    hub.script = (_asked, response) =>
      json(response, [
        [3, 4],
        [0, 1],
      ]);
    expect(await (await post('/api/hf/embed', { texts: ['a', 'b'] }, caching)).json()).toMatchObject({
      vectors: [
        [0.6, 0.8],
        [0, 1],
      ],
    });
  });

  it('takes vectors of any length', async () => {
    hub.script = (_asked, response) => json(response, [Array.from({ length: 300_000 }, () => 1)]);
    expect((await post('/api/hf/embed', { texts: ['a'] })).status).toBe(200);
  });

  it('refuses what is empty or too much', async () => {
    for (const texts of [[], [''], Array.from({ length: 2049 }, () => 'x'), 'x'])
      expect((await post('/api/hf/embed', { texts })).status).toBe(422);
  });

  it('has vectors from the cache while they are good, each for its model and its form', async () => {
    await using caching = await start({ HEADY_INFERENCE_CACHE_TTL: '2s' });
    hub.script = ({ body }, response) =>
      json(
        response,
        (body.inputs as string[]).map((text) => [text.length, 1 / 3]),
      );
    const embed = async (body: object) =>
      (await post('/api/hf/embed', { normalize: false, ...body }, caching)).json();
    const first = await embed({ texts: ['a', 'bb'] });
    const second = await embed({ texts: ['bb', 'ccc', 'a'] });
    expect(second.vectors).toEqual([first.vectors[1], [3, 1 / 3], first.vectors[0]]);
    await embed({ texts: ['a'], normalize: true });
    await embed({ texts: ['a'], model: 'org/other' });
    expect(hub.posts.map(({ body }) => body.inputs)).toEqual([['a', 'bb'], ['ccc'], ['a'], ['a']]);
    const told = await caching.line(({ cacheHits }) => cacheHits === 2);
    expect(told).toMatchObject({ message: 'inference', backend: 'cache', inputTokens: 0, outcome: 'ok' });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await embed({ texts: ['a'] });
    expect(hub.posts).toHaveLength(5);
  });
});

describe('POST /v1/embeddings', () => {
  it('gives the same vector as numbers and in base64', async () => {
    hub.script = (_asked, response) => json(response, [[3, 4]]);
    const numbers = await (await post('/v1/embeddings', { input: 'a' })).json();
    expect(numbers).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.6, 0.8] }],
      model: 'sentence-transformers/all-MiniLM-L6-v2',
      usage: { prompt_tokens: 1, total_tokens: 1 },
    });
    const packed = await (await post('/v1/embeddings', { input: ['a'], encoding_format: 'base64' })).json();
    const bytes = Buffer.from(packed.data[0].embedding, 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });

  it.each([{ input: [1, 2, 3] }, { input: 'a', dimensions: 5 }])(
    'refuses %j where no backend takes it, and says what it does not take',
    async (body) => {
      const response = await post('/v1/embeddings', body);
      expect([response.status, (await response.json()).error.message]).toEqual([
        422,
        expect.stringMatching(
          /^No configured inference backend serves embedding (?:of tokens|with `dimensions`)\.$/,
        ),
      ]);
    },
  );

  it.each([
    [{}, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [-1] }, 'input'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', encoding_format: 'hex' }, 'encoding_format'],
  ])('refuses %j in OpenAI’s words', async (body, param) => {
    const response = await post('/v1/embeddings', body);
    expect([response.status, (await response.json()).error]).toMatchObject([
      422,
      { param, type: 'invalid_request_error' },
    ]);
  });
});
