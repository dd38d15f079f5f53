import { join } from 'node:path';

import { afterAll, beforeAll } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';
import { build, makeProject, type Project, repository } from '../project.ts';
import { apiKey, TestServer } from '../server.ts';
import type { Address } from './contract/address.ts';
import { huggingFaceSuite } from './contract/huggingface.ts';
import { openAiSuite } from './contract/openai.ts';
import { hubPythonSuite, openAiPythonSuite } from './contract/python.ts';

let mock: MockServer;
let project: Project;
let server: TestServer;
/** Where Python reaches the gateway, and the token of an invocation that runs meanwhile. */
let loopback: Address;

beforeAll(async () => {
  mock = await startMock({ port: 0 });
  project = makeProject(join(repository, 'tests/inference/project'));
  await build(project.root);
  server = await TestServer.start({
    root: project.root,
    env: {
      HF_TOKEN: 'hf_token_of_the_tests',
      HEADY_HF_MOCK: '0',
      HEADY_HF_URL: mock.url,
      HEADY_INFERENCE_TIMEOUT: '5s',
      HEADY_PY_TIMEOUT: '600s',
    },
  });
  void server.call('probe/hold', { seconds: 600 }).catch(() => undefined); // ends with the server
  const { message } = await server.line(({ message: said }) => said.startsWith('http://127.0.0.1:'));
  const [url = '', key = ''] = message.split(' ');
  loopback = { url, key };
});
afterAll(async () => {
  server.process.kill('SIGKILL'); // else it waits for the call
  await server.process;
  await mock.close();
  project[Symbol.dispose]();
});

const atService = () => ({ url: server.url, key: apiKey });
const atLoopback = () => loopback;

openAiSuite('the service', atService, { embeds: true });
openAiPythonSuite('the service', atService, { embeds: true });

openAiSuite('the gateway of Python', atLoopback, { embeds: true });
openAiPythonSuite('the gateway of Python', atLoopback, { embeds: true });
huggingFaceSuite('the gateway of Python', atLoopback);
hubPythonSuite('the gateway of Python', atLoopback);
