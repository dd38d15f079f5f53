import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { copyOut, DiskStore, type OpenedFile, parseKey } from '#storage';

import { pieces } from './contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'copies-'));
const signal = new AbortController().signal;
const key = parseKey('large');
const content = randomBytes(5_000_000);
let store: DiskStore;

beforeAll(async () => {
  store = await DiskStore.open({ directory: join(directory, 'store'), quotaBytes: 1024 ** 3 });
  await store.put(key, pieces(content), { type: 'x/y', signal });
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function opened(): Promise<OpenedFile> {
  const file = await store.open(key);
  if (!file) throw new Error('it was put there');
  return file;
}

it('is the whole content, which nobody else may read', async () => {
  await using file = await opened();
  const path = join(directory, 'copy');
  await copyOut(file, path, signal);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('is nothing where it is given up', async () => {
  await using file = await opened();
  const path = join(directory, 'given-up');
  const giving = new AbortController();
  const copying = copyOut(file, path, giving.signal);
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
  giving.abort();
  await expect(copying).rejects.toThrow('abort');
  expect(readdirSync(directory)).not.toContain('given-up');
});

it('takes no other file’s place', async () => {
  await using file = await opened();
  const path = join(directory, 'taken');
  writeFileSync(path, 'mine');
  await expect(copyOut(file, path, signal)).rejects.toThrow('EEXIST');
  expect(readFileSync(path, 'utf8')).toBe('mine');
});
