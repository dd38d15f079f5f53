import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { PlacedFiles } from '../../lib/python/calls/parts.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'placed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const about = { name: 'a.png', type: 'image/png', bytes: 3 };

it('moves what was sent, copies what is stored, and removes both', async () => {
  const sent = join(directory, 'sent');
  writeFileSync(sent, 'one');
  const copied = { ...about, copyTo: async (path: string) => writeFile(path, 'two') };
  const placed = new PlacedFiles(directory);
  const { files = [] } = await placed.place({ files: [{ ...about, path: sent }, 'text', copied] });
  const texts = files.map((file) => (typeof file === 'string' ? file : readFileSync(file.path, 'utf8')));
  expect(texts).toEqual(['one', 'text', 'two']);
  expect(files[2]).toEqual({ ...about, path: expect.stringMatching(/\/[\da-f-]{36}\.png$/) });
  expect(existsSync(sent)).toBe(false);
  await placed[Symbol.asyncDispose]();
  expect(readdirSync(directory)).toEqual([]);
});

it('gives up what is being copied when its call is over, and waits until it is', async () => {
  const placed = new PlacedFiles(directory);
  const begun = Promise.withResolvers<void>();
  const copyTo = async (path: string, signal: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), 50));
    writeFileSync(path, 'half');
    begun.resolve();
    return promise;
  };
  let hasEnded = false;
  const placing = placed.place({ file: [{ ...about, copyTo }] }).finally(() => (hasEnded = true));
  const refused = expect(placing).rejects.toThrow('abort');
  await begun.promise;
  await placed[Symbol.asyncDispose]();
  expect([hasEnded, placed.isOver, readdirSync(directory)]).toEqual([true, true, []]);
  await refused;
  await expect(placed.place({ file: [{ ...about, copyTo }] })).rejects.toThrow('abort');
});
