import { afterAll, beforeAll, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';

let mock: MockServer;
beforeAll(async () => {
  mock = await startMock({ port: 0 });
});
afterAll(async () => mock.close());

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, type?: string): Promise<Response> {
  // Of bytes, unlike of a text, the platform says no type by itself.
  return fetch(`${mock.url}/hf-inference/models/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer hf_any', ...(type !== undefined && { 'content-type': type }) },
    body,
  });
}

it('takes bytes of no type for a sound, as Python’s client sends them', async () => {
  const heard = await post('openai/whisper-large-v3', new TextEncoder().encode('1234567'));
  expect(await heard.json()).toEqual({ text: 'A recording of 7 bytes.' });
});

it('breaks off what it heard as well', async () => {
  const path = 'mock/broken-stream/pipeline/automatic-speech-recognition';
  const heard = await post(path, new Uint8Array(7), 'audio/wav');
  await expect(heard.text()).rejects.toThrow('terminated');
});

it('gives labels that do not exclude each other scores of their own', async () => {
  const ask = async (several: boolean) => {
    const parameters = { candidate_labels: ['cat', 'sat', 'money'], multi_label: several };
    const body = JSON.stringify({ inputs: 'The cat sat.', parameters });
    const labels = await (await post('facebook/bart-large-mnli', body, 'application/json')).json();
    return labels.map(({ score }: { score: number }) => score) as number[];
  };
  const [shared, own] = [await ask(false), await ask(true)];
  expect(shared.reduce((sum, score) => sum + score)).toBeCloseTo(1);
  expect(own.map((score) => score > 0.5)).toEqual([true, true, false]);
});
