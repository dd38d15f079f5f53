import { join } from 'node:path';

import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { repository } from '../../project.ts';
import type { Address } from './address.ts';

/** What a script of this folder prints. */
async function run<T>(script: string, env: Readonly<Record<string, string>>): Promise<T> {
  const { PATH, HOME } = process.env;
  const { stdout } = await execa('.venv/bin/python', [join(import.meta.dirname, script)], {
    cwd: repository,
    env: { PATH, HOME, PYTHONPATH: join(repository, 'workers'), ...env },
    extendEnv: false,
  });
  return JSON.parse(stdout) as T;
}

/** What OpenAI's own client for Python does with a server that has its API. */
export function openAiPythonSuite(
  name: string,
  address: () => Address,
  { embeds }: { readonly embeds: boolean },
): void {
  describe(`OpenAI’s client for Python at ${name}`, () => {
    it('chats, calls tools, keeps to schemas, completes, embeds, lists models, and has errors of its own', async () => {
      const { url, key } = address();
      const env = { URL: url, KEY: key, ...(embeds && { EMBEDS: '1' }) };
      const made = await run<{ chat: string; completion: string }>('openai_client.py', env);
      expect(made).toMatchObject({
        chat: expect.stringContaining('Who built the tower?'),
        stream: made.chat,
        usage: true,
        tool: {
          name: 'get_weather',
          arguments: ['city'],
          streamed: true,
          reply: expect.stringContaining('Sunny.'),
        },
        schema: ['city'],
        completed: made.completion,
        embeddings: embeds ? { lengths: [384, 384], same: true } : null,
        models: true,
        model: 'openai/gpt-oss-20b',
        errors: {
          key: 'AuthenticationError',
          model: 'NotFoundError',
          messages: 'UnprocessableEntityError',
          busy: 'RateLimitError',
          failing: 'InternalServerError',
          'mid-stream': 'APIError',
        },
      });
      expect(made.completion.length).toBeGreaterThan(10);
    });
  });
}

/** What `heady.inference()` does, outside the service. */
export function hubPythonSuite(name: string, address: () => Address): void {
  describe(`huggingface_hub’s client at ${name}`, () => {
    it('does each task, and tells what the backend says of one that fails', async () => {
      const { url, key } = address();
      const env = { HEADY_INFERENCE_URL: url, HEADY_INFERENCE_TOKEN: key };
      const made = await run<{ chat: string; generation: string; similarity: number[]; summary: string }>(
        'hub_client.py',
        env,
      );
      expect(made).toMatchObject({
        chat: expect.stringContaining('Who built the tower?'),
        stream: made.chat,
        generated: made.generation,
        features: [2, 384],
        answer: 'Gustave Eiffel',
        label: 'POSITIVE',
        fitting: ['tower', 'money'],
        names: ['Ann Smith', 'Rome'],
        translation: expect.stringContaining('Hello.'),
        filled: expect.stringMatching(/^The \w+ is tall\.$/),
        heard: expect.stringContaining('7 bytes'),
        'heard bytes': expect.stringContaining('7 bytes'),
        painted: ['PNG', [64, 64]],
        missing: expect.stringContaining('org/unknown is not served'),
        'no chat': expect.stringContaining("'org/unknown' is not supported"),
      });
      expect(made.generation.length).toBeGreaterThan(10);
      expect(made.summary.length).toBeGreaterThan(10);
      const [same = 0, other = 1] = made.similarity;
      expect(same).toBeGreaterThan(other);
    });
  });
}
