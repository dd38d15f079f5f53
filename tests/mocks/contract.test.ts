import { afterAll, beforeAll } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';
import { huggingFaceSuite } from '../inference/contract/huggingface.ts';
import { openAiSuite } from '../inference/contract/openai.ts';
import { hubPythonSuite, openAiPythonSuite } from '../inference/contract/python.ts';

let router: MockServer;
let gpu: MockServer;

beforeAll(async () => {
  router = await startMock({ port: 0 });
  gpu = await startMock({ port: 0, server: 'openai', key: 'the-key' });
});
afterAll(async () => {
  await router.close();
  await gpu.close();
});

const atRouter = () => ({ url: router.url, key: 'hf_any' });
const atGpu = () => ({ url: gpu.url, key: 'the-key' });

openAiSuite('the mock of the router', atRouter, { embeds: false });
openAiPythonSuite('the mock of the router', atRouter, { embeds: false });
huggingFaceSuite('the mock of the router', atRouter);
hubPythonSuite('the mock of the router', atRouter);

openAiSuite('the mock of a GPU server', atGpu, { embeds: true });
openAiPythonSuite('the mock of a GPU server', atGpu, { embeds: true });
