import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { apiKey, TestServer, waitFor } from '../server.ts';
import { delta, events, json, ScriptedBackend } from './scripted-backend.ts';

let backend: ScriptedBackend;
let server: TestServer;

beforeAll(async () => {
  backend = await ScriptedBackend.start();
  server = await TestServer.start({
    root: inject('root'),
    env: {
      HF_TOKEN: 'hf_token_of_the_tests',
      HEADY_HF_MOCK: '0',
      HEADY_HF_URL: backend.url,
      HF_MAX_CONCURRENCY: '2',
      HEADY_INFERENCE_FIRST_BYTE_TIMEOUT: '1s',
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  backend[Symbol.dispose]();
});
beforeEach(() => {
  backend.asked.length = 0;
});

const question = { messages: [{ role: 'user', content: 'Why?' }], stream: true };
const usage = { ...delta(''), choices: [], usage: { prompt_tokens: 2, completion_tokens: 3 } };

async function stream(
  body: object = {},
  path = '/v1/chat/completions',
  signal?: AbortSignal,
): Promise<Response> {
  return server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, ...body }),
    ...(signal && { signal }),
  });
}

/** The data of the events. */
async function dataOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  return [...text.matchAll(/^data: (?<data>.*)$/gm)].map(({ groups }) => {
    const data = groups?.data ?? '';
    return data === '[DONE]' ? data : (JSON.parse(data) as unknown);
  });
}

/** What the log has of a call. */
async function toldOf({ headers }: Response) {
  const requestId = headers.get('x-request-id');
  return server.line((line) => line.message === 'inference' && line.requestId === requestId);
}

describe('a stream', () => {
  it('comes piece by piece, unbuffered, and ends as OpenAI’s do', async () => {
    const gate = Promise.withResolvers<void>();
    backend.script = async (_asked, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(delta('one'))}\n\n`);
      await gate.promise;
      response.end(`data: ${JSON.stringify(delta('two'))}\n\ndata: [DONE]\n\n`);
    };
    const response = await stream();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-inference-backend': 'huggingface',
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe(`data: ${JSON.stringify(delta('one'))}\n\n`);
    gate.resolve();
    let rest = '';
    for (let step = await reader?.read(); step && !step.done; step = await reader?.read())
      rest += Buffer.from(step.value).toString();
    expect(rest).toBe(`data: ${JSON.stringify(delta('two'))}\n\ndata: [DONE]\n\n`);
  });

  it('is metered, whether its caller wants to know or not', async () => {
    backend.script = (_asked, response) => {
      events(response, delta('one'), usage, '[DONE]');
      response.end();
    };
    const unmetered = await stream();
    expect(await dataOf(unmetered)).toEqual([delta('one'), '[DONE]']);
    expect(await toldOf(unmetered)).toMatchObject({ outcome: 'ok', inputTokens: 2, outputTokens: 3 });
    expect(await dataOf(await stream({ stream_options: { include_usage: true } }))).toEqual([
      delta('one'),
      usage,
      '[DONE]',
    ]);
    expect(backend.posts.map(({ body }) => body.stream_options)).toEqual([
      { include_usage: true },
      { include_usage: true },
    ]);
  });

  it('is asked for again until its first piece, not after it', async () => {
    let calls = 0;
    backend.script = (_asked, response) => {
      calls += 1;
      if (calls === 1) return json(response, { error: 'busy' }, 503);
      events(response, delta('one'));
      setTimeout(() => response.destroy(), 20);
    };
    const data = await dataOf(await stream());
    expect(data).toMatchObject([delta('one'), { error: { type: 'server_error' } }]);
    expect(calls).toBe(2);
  });

  it.each([
    ['breaks off', [delta('one')], 'its answer broke off'],
    ['ends without its end marker', [delta('one')], 'its stream ended without its end marker'],
    ['has an event that is no JSON', [delta('one'), '{nonsense'], 'an event that is no JSON'],
    ['tells of a failure', [delta('one'), { error: { message: 'out of memory' } }], 'out of memory'],
    ['has no more to say', [delta('one')], 'no more of its answer came within 1s'],
  ])('that %s ends with an error', async (how, data, words) => {
    backend.script = (_asked, response) => {
      events(response, ...data);
      if (how === 'breaks off') setTimeout(() => response.destroy(), 20);
      else if (how !== 'has no more to say') response.end();
    };
    const came = await dataOf(await stream());
    expect(came).toEqual([
      delta('one'),
      {
        error: {
          message: `Hugging Face: ${words}`,
          type: 'server_error',
          param: null,
          code: 'inference_unavailable',
        },
      },
    ]);
    backend.script = (_asked, response) => {
      events(response, '[DONE]');
      response.end();
    };
    expect(await dataOf(await stream())).toEqual(['[DONE]']); // closes the circuit's count of failures
  });

  it('that takes longer than a call may ends with an error, and gives back its place', async () => {
    await using hasty = await TestServer.start({
      root: inject('root'),
      env: {
        HF_TOKEN: 'hf_token_of_the_tests',
        HEADY_HF_MOCK: '0',
        HEADY_HF_URL: backend.url,
        HEADY_INFERENCE_TIMEOUT: '400ms',
      },
    });
    backend.script = (_asked, response) => {
      events(response, delta('one'));
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(delta('more'))}\n\n`), 50);
      response.on('close', () => clearInterval(timer));
    };
    const response = await hasty.fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
    const came = await dataOf(response);
    expect(came.at(-1)).toMatchObject({
      error: { message: 'Hugging Face: its answer was not whole in time' },
    });
    await waitFor(() => backend.posts.at(-1)?.abandoned);
    for (let call = 0; call < 6; call += 1)
      await (
        await hasty.fetch('/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(question),
        })
      ).text();
    const { checks } = await (await hasty.fetch('/api/health')).json();
    expect(checks.inference).toMatchObject({ running: 0, circuits: { huggingface: 'closed' } });
  });

  it('ends the work of the backend, and gives back its place, when its reader leaves', async () => {
    for (let call = 0; call < 5; call += 1) {
      backend.script = (_asked, response) => events(response, delta('one'));
      const reader = new AbortController();
      const response = await stream({}, '/v1/chat/completions', reader.signal);
      await response.body?.getReader().read();
      reader.abort();
      expect(await toldOf(response)).toMatchObject({ outcome: 'canceled', outputTokens: 1 });
    }
    await waitFor(() => backend.posts.every(({ abandoned }) => abandoned) || undefined);
    const { checks } = await (await server.fetch('/api/health')).json();
    expect(checks.inference).toMatchObject({ running: 0, queued: 0 });
  });

  it('waits for a reader that does not read', async () => {
    let sent = 0;
    backend.script = async (_asked, response) => {
      events(response);
      const piece = `data: ${JSON.stringify(delta('x'.repeat(10_000)))}\n\n`;
      while (!response.destroyed && sent < 500e6) {
        sent += piece.length;
        if (!response.write(piece))
          await Promise.race([new Promise((resolve) => response.once('drain', resolve)), delay(200)]);
      }
    };
    const before = memoryOf(server.pid).rssBytes;
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    const body = JSON.stringify(question);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await waitFor(() => sent || undefined);
    await delay(1500);
    const grown = memoryOf(server.pid).rssBytes - before;
    socket.destroy();
    expect(grown).toBeLessThan(40e6);
  });

  it('of the service’s own tells pieces as JSON, and its end', async () => {
    backend.script = (_asked, response) => {
      events(response, delta('one'), delta(' two'), usage, '[DONE]');
      response.end();
    };
    const response = await stream({ messages: undefined, prompt: 'Why?' }, '/api/hf/generate');
    expect(await response.text()).toBe(': stream\n\ndata: "one"\n\ndata: " two"\n\nevent: end\ndata: {}\n\n');
  });

  it('of the service’s own ends with a problem where it fails', async () => {
    backend.script = (_asked, response) => {
      events(response, delta('one'));
      setTimeout(() => response.destroy(), 20);
    };
    const response = await stream({ messages: undefined, prompt: 'Why?' }, '/api/hf/generate');
    expect(await response.text()).toMatch(
      /data: "one"\n\nevent: problem\ndata: \{.*"code":"inference-unavailable"/,
    );
  });
});
