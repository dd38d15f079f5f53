import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ReturnedFile } from '../../lib/python/calls/returned-file.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'returned-'));
  mkdirSync(join(directory, 'folder'));
  for (const path of ['own', 'folder/deep']) writeFileSync(join(directory, path), 'x');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Whether the file is taken, and whether it is there afterwards. */
async function open(path: string, copied: boolean): Promise<[boolean, boolean]> {
  const message = { path: join(directory, path), copied, name: 'x', type: 'text/plain' };
  await using file = await ReturnedFile.open(message, directory);
  return [file !== undefined, existsSync(message.path)];
}

it.each([
  ['own', true, [true, false]],
  ['own', false, [true, true]],
  ['folder/deep', false, [true, true]],
  ['folder/deep', true, [true, true]], // a process could swap the folder for a link
])('removes a copy, and that directly in the directory alone (%s, %s)', async (path, copied, outcome) => {
  expect(await open(path, copied)).toEqual(outcome);
});

it('takes nothing that a link leads to', async () => {
  symlinkSync('/etc/hostname', join(directory, 'link'));
  expect(await open('link', true)).toEqual([false, true]);
});
