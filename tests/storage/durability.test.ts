import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, inject, it } from 'vitest';

import { apiKey, spawnServer, TestServer } from '../server.ts';

const directory = mkdtempSync(join(tmpdir(), 'data-'));
afterAll(() => rmSync(directory, { recursive: true }));

const production = { NODE_ENV: 'production', HEADY_API_KEY: apiKey, HEADY_HF_MOCK: '1' };

async function storageOf(env: Readonly<Record<string, string>>) {
  await using server = await TestServer.start({ root: inject('root'), env });
  const { checks, degraded } = await (await server.fetch('/api/health')).json();
  const warnings = server.lines.filter(
    ({ level, message }) => level === 'warn' && /HEADY_DATA_DIR/.test(message),
  );
  return { ...checks.storage, degraded, warnings: warnings.map(({ message }) => message) };
}

it('a service with a data directory says that what is stored lasts', async () => {
  expect(await storageOf({ ...production, HEADY_DATA_DIR: directory })).toEqual({
    ok: true,
    durability: 'persistent',
    degraded: undefined,
    warnings: [],
  });
});

it('on Render it says that an ordinary folder does not, is degraded by it, and runs', async () => {
  expect(await storageOf({ ...production, HEADY_DATA_DIR: directory, RENDER: 'true' })).toEqual({
    ok: false,
    durability: 'ephemeral',
    degraded: ['storage'],
    warnings: [expect.stringMatching(/is an ordinary folder: the next deploy erases it\. Add a disk/)],
  });
});

it('without one it says so in production, and keeps still elsewhere', async () => {
  const ephemeral = { ok: true, durability: 'ephemeral', degraded: undefined };
  expect(await storageOf(production)).toEqual({
    ...ephemeral,
    warnings: [expect.stringMatching(/^HEADY_DATA_DIR is not set: files last until the next deploy at most/)],
  });
  expect(await storageOf({})).toEqual({ ...ephemeral, warnings: [] });
});
it('a data directory is one service’s, until that has ended, however it did', async () => {
  const root = inject('root');
  const env = { HEADY_DATA_DIR: directory };
  await using first = await TestServer.start({ root, env });
  const { exitCode, all } = await spawnServer({ root, env: { PORT: '0', ...env } });
  expect([exitCode, all]).toEqual([
    1,
    expect.stringMatching(/which another process has in use.*End that, or set another/),
  ]);
  first.process.kill('SIGKILL');
  await first.process;
  await using next = await TestServer.start({ root, env });
  expect((await next.fetch('/api/health')).status).toBe(200);
});
