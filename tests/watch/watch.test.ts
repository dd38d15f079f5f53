import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { watchFolder } from '../../lib/watch/index.ts';

let folder: string;
let told: string[];
let watcher: AsyncDisposable;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watched-'));
  mkdirSync(join(folder, 'outer/inner'), { recursive: true });
  write('outer/inner/file');
  told = [];
  watcher = await watchFolder(folder, (paths) => told.push(...(paths ?? ['everything'])));
});
afterEach(async () => {
  await watcher[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function write(path: string, text = 'text'): void {
  writeFileSync(join(folder, path), text);
}

/** Until all that is told of what has happened so far has been. */
async function settled(): Promise<string[]> {
  await delay(300);
  return told.splice(0).toSorted();
}

it('tells of a file that is emptied and then written once', async () => {
  write('outer/inner/file', '');
  await delay(2);
  write('outer/inner/file', 'new');
  expect(await settled()).toEqual(['outer/inner/file']);
});

it('tells of each of two changes that are further apart', async () => {
  for (const text of ['one', 'two']) {
    write('outer/inner/file', text);
    expect(await settled()).toEqual(['outer/inner/file']);
  }
});

it('tells of what is in folders that are made at once, then and later', async () => {
  mkdirSync(join(folder, 'a/b/c'), { recursive: true });
  write('a/b/c/file');
  expect(await settled()).toContain('a/b/c/file');
  write('a/b/c/file', 'new');
  expect(await settled()).toEqual(['a/b/c/file']);
});

it('tells of what is in a renamed folder by its new path', async () => {
  renameSync(join(folder, 'outer'), join(folder, 'renamed'));
  expect(await settled()).toEqual(expect.arrayContaining(['outer', 'renamed']));
  write('renamed/inner/file', 'new');
  expect(await settled()).toEqual(['renamed/inner/file']);
});

it('outlives folders that come and go while it looks at them', async () => {
  for (let round = 0; round < 40; round += 1) {
    mkdirSync(join(folder, `a/${round}/b`), { recursive: true });
    write(`a/${round}/b/file`);
    await delay(round % 8);
    rmSync(join(folder, 'a'), { recursive: true });
  }
  await settled();
  write('outer/inner/file', 'new');
  expect(await settled()).toEqual(['outer/inner/file']);
});

it('does not tell again of a file because a folder comes', async () => {
  write('outer/inner/file', 'new');
  expect(await settled()).toEqual(['outer/inner/file']);
  mkdirSync(join(folder, 'another'));
  expect(await settled()).toEqual(['another']);
});
