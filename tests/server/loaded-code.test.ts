import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, inject, it } from 'vitest';

import { TestServer } from '../server.ts';

/** Writes down which files a process has loaded. */
const preload = (path: string) => `
  import { registerHooks } from 'node:module';
  import { appendFileSync } from 'node:fs';
  registerHooks({
    load(url, context, next) {
      appendFileSync(${JSON.stringify(path)}, url + '\\n');
      return next(url, context);
    },
  });
`;

it('no code is loaded that only a bucket or the mock needs', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'loaded-'));
  const loaded = join(directory, 'loaded.txt');
  writeFileSync(join(directory, 'preload.mjs'), preload(loaded));
  {
    const NODE_OPTIONS = `--import=${join(directory, 'preload.mjs')}`;
    const HF_TOKEN = 'hf_a_token_for_tests';
    const HEADY_HF_URL = 'http://127.0.0.1:2'; // nobody is there
    await using server = await TestServer.start({
      root: inject('root'),
      env: { NODE_OPTIONS, HF_TOKEN, HEADY_HF_URL },
    });
    expect((await server.fetch('/api/health')).status).toBe(200);
  }
  const files = decodeURI(readFileSync(loaded, 'utf8'));
  expect(files).toMatch(/_libs\/.*h3/);
  expect(files).toContain('@tus/server');
  expect(files).not.toMatch(/@aws-sdk|s3-store|_libs\/msw|listhen/);
  rmSync(directory, { recursive: true });
});
