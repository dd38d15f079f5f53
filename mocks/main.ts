import process from 'node:process';

import { consola } from 'consola';
import { z } from 'zod';

import { startMock } from './index.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

const mock = await startMock({ port: Port.parse(process.env.MOCK_PORT ?? 8788) });

consola.box(`Hugging Face mock on ${mock.url}

the service    HEADY_HF_URL=${mock.url} HF_TOKEN=mock npm run dev
one worker     HEADY_INFERENCE_URL=${mock.url} python workers/process_data.py qa`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void mock.close());
