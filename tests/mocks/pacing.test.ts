import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';

let mock: MockServer;
beforeAll(async () => {
  mock = await startMock({ port: 0 });
});
afterAll(async () => mock.close());

const messages = [{ role: 'user', content: 'Hi' }];

async function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${mock.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer hf_any' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

describe('mock/stream-N-M', () => {
  const wordsIn = (text: string) => text.match(/\bword\b/g)?.length;

  it.each([
    ['chat', '/v1/chat/completions', { messages }],
    ['completions', '/v1/completions', { prompt: 'Hi' }],
  ])('has N words in %s, each an event where it is streamed', async (_, path, asked) => {
    const request = { model: 'mock/stream-70-0', ...asked };
    expect(wordsIn(await (await post(path, request)).text())).toBe(70);
    const events = (await (await post(path, { ...request, stream: true })).text()).split('\n\n');
    expect(events.filter((event) => wordsIn(event) === 1)).toHaveLength(70);
    expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
  });

  it('sends an event when it is due, and ends when its reader leaves', async () => {
    const reader = new AbortController();
    const request = { model: 'mock/stream-3-600000', messages, stream: true };
    const { body } = await post('/v1/chat/completions', request, reader.signal);
    const first = await body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^data: \{.*"role":"assistant".*\}\n\n$/);
    reader.abort();
  });

  it('has 100 words where its name gives no number', async () => {
    const asked = await post('/v1/chat/completions', { model: 'mock/stream', messages });
    expect(wordsIn(await asked.text())).toBe(100);
  });
});
