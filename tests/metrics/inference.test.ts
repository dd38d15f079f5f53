import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { chatting, json, ScriptedBackend } from '../inference/scripted-backend.ts';
import { TestServer } from '../server.ts';
import { parseExposition, seriesKey } from './exposition.ts';

let backend: ScriptedBackend;
let server: TestServer;

beforeAll(async () => {
  backend = await ScriptedBackend.start();
  server = await TestServer.start({
    root: inject('root'),
    env: { HF_TOKEN: 'hf_token_of_the_tests', HEADY_HF_MOCK: '0', HEADY_HF_URL: backend.url },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  backend[Symbol.dispose]();
});

/** The series of inference that are not 0, less those of time. */
async function counts(): Promise<Record<string, number>> {
  const families = parseExposition(await (await server.fetch('/metrics')).text());
  const samples = [...families.values()].flatMap((family) => [...family.samples]);
  return Object.fromEntries(
    samples.filter(([key, value]) => /^heady_inference_(?!call_duration)/.test(key) && value !== 0),
  );
}

async function chat(model?: string): Promise<number> {
  const messages = [{ role: 'user', content: 'Why?' }];
  const body = JSON.stringify({ messages, ...(model && { model }) });
  const headers = { 'content-type': 'application/json' };
  return (await server.fetch('/v1/chat/completions', { method: 'POST', headers, body })).status;
}

it('counts calls, tokens and retries by backend, model and caller', async () => {
  let isBusy = true;
  backend.script = (asked, response) => {
    if (isBusy) json(response, { error: 'busy' }, 503);
    else chatting('hello')(asked, response);
    isBusy = false;
  };
  expect(await chat('org/model')).toBe(200);
  expect((await server.call('process_data/qa', { question: 'Why?' })).status).toBe(200);
  const ofKey = { backend: 'huggingface', caller: 'primary', model: 'org/model' };
  const ofWorker = { backend: 'huggingface', caller: 'process_data.qa', model: 'openai/gpt-oss-20b' };
  const counted = [
    ...[ofKey, ofWorker].flatMap((labels) => [
      [seriesKey('heady_inference_calls_total', { ...labels, operation: 'chat', outcome: 'ok' }), 1],
      [seriesKey('heady_inference_tokens_total', { ...labels, direction: 'input' }), 3],
      [seriesKey('heady_inference_tokens_total', { ...labels, direction: 'output' }), 5],
    ]),
    [seriesKey('heady_inference_retries_total', { backend: 'huggingface' }), 1],
  ];
  expect(await counts()).toEqual(Object.fromEntries(counted));
});

it('shows an open circuit, and is not made to grow by the names of models', async () => {
  backend.script = (_asked, response) => json(response, { error: 'no such model' }, 404);
  for (let number = 0; number < 60; number += 1) expect(await chat(`org/invented-${number}`)).toBe(404);
  backend.script = (_asked, response) => json(response, { error: 'broken' }, 500);
  for (let call = 0; call < 5; call += 1) expect(await chat()).toBe(502);
  const now = await counts();
  expect(now[seriesKey('heady_inference_circuit_open', { backend: 'huggingface' })]).toBe(1);
  expect(Object.keys(now).filter((key) => key.includes('invented'))).toEqual([]);
  const refused = {
    backend: 'huggingface',
    model: 'other',
    operation: 'chat',
    caller: 'primary',
    outcome: 'refused',
  };
  expect(now[seriesKey('heady_inference_calls_total', refused)]).toBe(60);
});
