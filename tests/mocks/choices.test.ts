import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';

let mock: MockServer;
beforeAll(async () => {
  mock = await startMock({ port: 0, server: 'openai' });
});
afterAll(async () => mock.close());

async function post(body: object): Promise<Response> {
  const messages = [{ role: 'user', content: 'Who built the tower?' }];
  return fetch(`${mock.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'openai/gpt-oss-20b', messages, ...body }),
  });
}

async function chunks(body: object) {
  const text = await (await post({ ...body, stream: true })).text();
  return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => JSON.parse(data));
}

describe('logprobs', () => {
  it('are of each token, which they make up again, with the most likely on request', async () => {
    const { choices } = await (await post({ logprobs: true, top_logprobs: 2 })).json();
    const [{ message, logprobs }] = choices;
    const told = logprobs.content.map(({ token }: { token: string }) => token);
    expect(told.join('')).toBe(message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of logprobs.content) {
      expect(Buffer.from(bytes).toString()).toBe(token);
      expect(top).toEqual([{ token, logprob, bytes }]);
      expect(logprob).toBeLessThan(0);
    }
  });

  it('come with each piece of a stream', async () => {
    const pieces = (await chunks({ logprobs: true })).map(({ choices }) => choices[0]);
    const spoken = pieces.filter(({ delta }) => delta.content);
    expect(spoken.length).toBeGreaterThan(3);
    for (const { delta, logprobs } of spoken)
      expect(logprobs.content).toMatchObject([{ token: delta.content, top_logprobs: [] }]);
  });

  it('are null where nobody asks', async () => {
    const { choices } = await (await post({})).json();
    expect(choices[0].logprobs).toBeNull();
  });
});

describe('n', () => {
  it('gives as many choices, whole and streamed, and counts the tokens of all', async () => {
    const [one, three] = [await (await post({})).json(), await (await post({ n: 3 })).json()];
    expect(three.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(three.usage.completion_tokens).toBe(3 * one.usage.completion_tokens);
    const texts = ['', '', ''];
    for (const { choices } of await chunks({ n: 3 }))
      texts[choices[0].index] += choices[0].delta.content ?? '';
    expect(texts).toEqual(Array.from({ length: 3 }, () => one.choices[0].message.content));
  });
});
