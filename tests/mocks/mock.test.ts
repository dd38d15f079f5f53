import { inflateSync } from 'node:zlib';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type MockServer, provocations, startMock } from '../../mocks/index.ts';

let hub: MockServer;
let gpu: MockServer;

beforeAll(async () => {
  hub = await startMock({ port: 0 });
  gpu = await startMock({ port: 0, server: 'openai', key: 'the-key' });
});
afterAll(async () => {
  await hub.close();
  await gpu.close();
});

async function post(path: string, body: unknown, { at = hub, key = 'hf_any' } = {}): Promise<Response> {
  return fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
}

const model = 'openai/gpt-oss-20b';
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { enum: ['celsius', 'fahrenheit'] },
        days: { type: 'integer', minimum: 1, maximum: 7 },
      },
      required: ['city', 'unit', 'days'],
      additionalProperties: false,
    },
  },
};

async function chat(body: object) {
  const response = await post('/v1/chat/completions', { model, ...body });
  return response.json();
}

function asked(content: string) {
  return [{ role: 'user', content }];
}

describe('a tool', () => {
  const isValid = new Ajv2020().compile(weather.function.parameters);

  it('is called when the user names it, with arguments that fit', async () => {
    const messages = asked('What is the weather in Rome for the next 3 days, in fahrenheit?');
    const { choices } = await chat({ messages, tools: [weather] });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call] = choices[0].message.tool_calls;
    expect(call.function.name).toBe('get_weather');
    const given = JSON.parse(call.function.arguments);
    expect([given, isValid(given)]).toMatchObject([{ unit: 'fahrenheit', days: 3 }, true]);
  });

  it.each([
    ['none', 'What is the weather?', false],
    ['auto', 'Who built the tower?', false],
    ['required', 'Who built the tower?', true],
    [{ type: 'function', function: { name: 'get_weather' } }, 'Who built the tower?', true],
  ])('by tool_choice %j for %j is called: %s', async (choice, text, isCalled) => {
    const { choices } = await chat({ messages: asked(text), tools: [weather], tool_choice: choice });
    expect(choices[0].message.tool_calls !== undefined).toBe(isCalled);
  });

  it('is called in a stream piece by piece, and what it says is heard', async () => {
    const messages = asked('What is the weather?');
    const whole = (await chat({ messages, tools: [weather] })).choices[0].message.tool_calls[0];
    const response = await post('/v1/chat/completions', { model, messages, tools: [weather], stream: true });
    const chunks = [...(await response.text()).matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) =>
      JSON.parse(data),
    );
    const deltas = chunks.flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ id: whole.id, function: { name: 'get_weather', arguments: '' } });
    expect(deltas.map(({ function: { arguments: piece } }) => piece).join('')).toBe(whole.function.arguments);
    const told = [
      ...messages,
      { role: 'assistant', tool_calls: [whole] },
      { role: 'tool', content: 'Sunny.' },
    ];
    expect((await chat({ messages: told, tools: [weather] })).choices[0].message.content).toContain('Sunny.');
  });
});

it('answers in JSON of a schema', async () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 10 },
      tags: { type: 'array', items: { $ref: '#/$defs/Tag' }, minItems: 2 },
      parent: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
      score: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      kind: { const: 'thing' },
      known: { type: 'boolean' },
    },
    required: ['name', 'tags', 'score', 'kind', 'known'],
    additionalProperties: false,
    $defs: { Tag: { type: 'object', properties: { label: { enum: ['a', 'b'] } }, required: ['label'] } },
  };
  const format = { type: 'json_schema', json_schema: { name: 'thing', schema } };
  const { choices } = await chat({ messages: asked('Describe a house.'), response_format: format });
  const isValid = new Ajv2020().compile(schema);
  isValid(JSON.parse(choices[0].message.content));
  expect(isValid.errors).toBeNull();
});

describe('a task', () => {
  it.each([
    [
      'facebook/bart-large-mnli',
      { inputs: 'The cat sat.', parameters: { candidate_labels: ['money', 'cat'] } },
      [{ label: 'cat', score: expect.any(Number) }, expect.anything()],
    ],
    [
      'dslim/bert-base-NER',
      { inputs: 'We met Ann Smith in Rome.' },
      [
        { entity_group: 'PER', word: 'Ann Smith', start: 7, end: 16, score: 0.9 },
        { entity_group: 'LOC', word: 'Rome', start: 20, end: 24, score: 0.9 },
      ],
    ],
    ['google-t5/t5-base', { inputs: 'Hello.' }, [{ translation_text: '[translated] Hello.' }]],
    [
      'google-bert/bert-base-uncased',
      { inputs: 'A [MASK].' },
      expect.arrayContaining([expect.objectContaining({ sequence: 'A house.' })]),
    ],
    ['openai/whisper-large-v3', { inputs: 'AAAA' }, { text: 'A recording of 3 bytes.' }],
  ])('of %s has the shape of the service', async (name, body, shape) => {
    const response = await post(`/hf-inference/models/${name}`, body);
    expect([response.status, await response.json()]).toEqual([200, shape]);
  });

  it('hears a sound as it is', async () => {
    const response = await fetch(`${hub.url}/hf-inference/models/openai/whisper-large-v3`, {
      method: 'POST',
      headers: { 'content-type': 'audio/wav', authorization: 'Bearer hf_any' },
      body: new Uint8Array(7),
    });
    expect(await response.json()).toEqual({ text: 'A recording of 7 bytes.' });
  });

  it('paints a picture that its prompt decides', async () => {
    const paint = async (inputs: string) => {
      const response = await post('/hf-inference/models/black-forest-labs/FLUX.1-schnell', { inputs });
      expect(response.headers.get('content-type')).toBe('image/png');
      return Buffer.from(await response.arrayBuffer());
    };
    const [cat, again, dog] = [await paint('a cat'), await paint('a cat'), await paint('a dog')];
    expect([cat.equals(again), cat.equals(dog)]).toEqual([true, false]);
    expect(cat.subarray(1, 4).toString()).toBe('PNG');
    const at = cat.indexOf('IDAT');
    const pixels = inflateSync(cat.subarray(at + 4, at + 4 + cat.readUInt32BE(at - 4)));
    expect(pixels.byteLength).toBe(64 * (1 + 64 * 3));
  });
});

describe('a server with OpenAI’s API', () => {
  const input = ['the cat sat', 'a dog ran'];
  const request = { model: 'sentence-transformers/all-MiniLM-L6-v2', input };

  it('wants its key', async () => {
    expect((await post('/v1/embeddings', request, { at: gpu, key: 'another' })).status).toBe(401);
    expect((await post('/v1/embeddings', request, { at: gpu, key: 'the-key' })).status).toBe(200);
  });

  it('embeds as numbers and in base64, which Hugging Face’s router does not', async () => {
    const at = { at: gpu, key: 'the-key' };
    const { data } = await (await post('/v1/embeddings', request, at)).json();
    const packed = await (await post('/v1/embeddings', { ...request, encoding_format: 'base64' }, at)).json();
    for (const [index, { embedding }] of packed.data.entries()) {
      const bytes = Buffer.from(embedding, 'base64');
      expect(bytes.readFloatLE(4)).toBe(Math.fround(data[index].embedding[1]));
      expect(bytes.byteLength).toBe(4 * data[index].embedding.length);
    }
    expect((await post('/v1/embeddings', { ...request, input: [1, 2] }, at)).status).toBe(422);
    expect((await post('/v1/embeddings', request)).status).toBe(404);
  });

  it('serves what it is said to serve', async () => {
    const server = await startMock({ port: 0, server: 'openai', serves: ['embeddings'] });
    const { data } = await (await fetch(`${server.url}/v1/models`)).json();
    expect(data.map(({ id }: { id: string }) => id)).toEqual(['sentence-transformers/all-MiniLM-L6-v2']);
    expect(
      (await post('/v1/chat/completions', { model, messages: asked('Hi') }, { at: server })).status,
    ).toBe(404);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
  });
});

describe('a model that provokes', () => {
  const statuses: Readonly<Record<string, readonly number[]>> = {
    'mock/unauthorized': [401],
    'mock/no-credits': [402],
    'mock/forbidden': [403],
    'mock/missing': [404],
    'mock/gone': [410],
    'mock/invalid': [422],
    'mock/rate-limited': [429, 429],
    'mock/rate-limited-once': [429, 200, 429],
    'mock/rate-limited-bare': [429],
    'mock/always-loading': [503],
    'mock/error': [500],
    'mock/bad-gateway': [502],
    'mock/timeout': [504],
    'mock/slow-20': [200],
  };

  it.each(Object.entries(statuses))('%s answers with %j', async (name, expected) => {
    const got = [];
    for (const _ of expected)
      got.push((await post('/v1/chat/completions', { model: name, messages: asked('Hi') })).status);
    expect(got).toEqual(expected);
    const task = await post(`/hf-inference/models/${name}/pipeline/summarization`, { inputs: 'Long.' });
    expect([200, ...expected]).toContain(task.status);
  });

  it('a model that loads, says for how long, and then answers', async () => {
    const call = async () => post('/v1/chat/completions', { model: 'mock/loading-1', messages: asked('Hi') });
    const first = await call();
    expect([first.status, await first.json()]).toMatchObject([503, { estimated_time: 1 }]);
    const second = await (await call()).json();
    expect(second.estimated_time).toBeLessThan(1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await call()).status).toBe(200);
  });

  it('half of the calls fail, in the same order for each mock', async () => {
    const falls = async (server: MockServer) => {
      const all = [];
      for (let call = 0; call < 40; call += 1)
        all.push(
          (await post('/v1/chat/completions', { model: 'mock/flaky', messages: asked('Hi') }, { at: server }))
            .status,
        );
      return all;
    };
    const [one, other] = [await startMock({ port: 0 }), await startMock({ port: 0 })];
    const [first, second] = [await falls(one), await falls(other)];
    expect(first).toEqual(second);
    expect(first.filter((status) => status === 503).length).toBeGreaterThan(10);
    expect(first.filter((status) => status === 200).length).toBeGreaterThan(10);
    await one.close();
    await other.close();
  });

  it.each([
    ['mock/malformed', 'application/json', '<html>'],
    ['mock/wrong-type', 'text/html', '<html>'],
    ['mock/empty', 'application/json', ''],
  ])('%s answers with %s and %j', async (name, type, text) => {
    const response = await post('/v1/chat/completions', { model: name, messages: asked('Hi') });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      type,
      text,
    ]);
  });

  it.each([
    ['mock/no-end', /"finish_reason":"stop"\}\]\}\n\n$/],
    ['mock/malformed-stream', /data: \{"choices": \[\n\n$/],
    ['mock/error-stream', /data: \{"error":\{"message":"CUDA out of memory".*\}\}\n\n$/],
  ])('%s ends its stream with %s', async (name, end) => {
    const response = await post('/v1/chat/completions', { model: name, messages: asked('Hi'), stream: true });
    expect(await response.text()).toMatch(end);
  });

  it('mock/broken-stream breaks off, and mock/stalled-stream goes silent', async () => {
    const broken = await post('/v1/chat/completions', {
      model: 'mock/broken-stream',
      messages: asked('Hi'),
      stream: true,
    });
    await expect(broken.text()).rejects.toThrow('terminated');
    const caller = new AbortController();
    const response = await fetch(`${hub.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer hf_any' },
      body: JSON.stringify({ model: 'mock/stalled-stream', messages: asked('Hi'), stream: true }),
      signal: caller.signal,
    });
    const reading = response.text();
    const outcome = await Promise.race([
      reading,
      new Promise((resolve) => setTimeout(() => resolve('silent'), 500)),
    ]);
    expect(outcome).toBe('silent');
    caller.abort();
    await expect(reading).rejects.toThrow('abort');
  });

  it('is in the table', () => {
    const others = [
      'mock/loading',
      'mock/flaky',
      'mock/slow',
      'mock/hang',
      'mock/malformed',
      'mock/wrong-type',
      'mock/empty',
    ];
    const streams = [
      'stream',
      'broken-stream',
      'stalled-stream',
      'no-end',
      'malformed-stream',
      'error-stream',
      'endless-stream',
    ];
    const tested = [...Object.keys(statuses), ...others, ...streams.map((name) => `mock/${name}`)];
    expect(provocations.map(({ model: name }) => name).toSorted()).toEqual(
      tested.filter((name) => name !== 'mock/slow-20').toSorted(),
    );
  });
});
