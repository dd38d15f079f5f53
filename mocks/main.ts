import process from 'node:process';

import { consola } from 'consola';
import { z } from 'zod';

import { startMock } from './index.ts';

const Port = z.coerce.number().int().min(0).max(65_535);
const Server = z.enum(['huggingface', 'openai']);

const server = Server.parse(process.env.MOCK_SERVER ?? 'huggingface');
const mock = await startMock({ port: Port.parse(process.env.MOCK_PORT ?? 8788), server });

consola.box(server === 'huggingface' ? huggingFaceWords(mock.url) : openAiWords(mock.url));

function huggingFaceWords(url: string): string {
  return `Hugging Face mock on ${url}

the service    HEADY_HF_URL=${url} HF_TOKEN=mock npm run dev
one worker     HEADY_INFERENCE_URL=${url} python workers/process_data.py qa`;
}

function openAiWords(url: string): string {
  return `Mock of a server with OpenAI's API on ${url}

the service    REMOTE_GPU_URL=${url} npm run dev`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void mock.close());
