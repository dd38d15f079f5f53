import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { checkDataDirectory } from '../../storage/data-directory.ts';

const directory = mkdtempSync(join(tmpdir(), 'data-'));
const disk = join(directory, 'my disk');
const folder = join(directory, 'folder');
const memory = join(directory, 'memory');
const mountInfo = join(directory, 'mountinfo');
for (const path of [disk, folder, memory]) mkdirSync(path);
writeFileSync(join(directory, 'file'), '');
symlinkSync(disk, join(directory, 'link'));
writeFileSync(
  mountInfo,
  `22 1 0:21 / /proc rw - proc proc rw\n36 35 8:1 / ${disk.replaceAll(' ', '\\040')} rw,noatime - ext4 /dev/sdb rw\n37 35 0:40 / ${memory} rw shared:1 - tmpfs tmpfs rw\n`,
);
afterAll(() => rmSync(directory, { recursive: true }));

const check = (path: string | undefined, onRender = true) =>
  checkDataDirectory({ path, onRender, mountInfo });

describe('a data directory', () => {
  it('that is a disk is persistent, also by way of a link', () => {
    expect(check(disk)).toEqual({ durability: 'persistent', path: disk });
    expect(check(join(directory, 'link'))).toMatchObject({ durability: 'persistent' });
  });

  it('that is an ordinary folder is one elsewhere, and not on Render, where the next deploy erases it', () => {
    expect(check(folder, false)).toMatchObject({ durability: 'persistent' });
    expect(check(folder)).toEqual({
      durability: 'ephemeral',
      why: `HEADY_DATA_DIR is ${folder}, which is an ordinary folder: the next deploy erases it. Add a disk to the service with this mount path.`,
    });
  });

  it('that is memory is no disk, though it is mounted', () => {
    expect(check(memory)).toMatchObject({ durability: 'ephemeral' });
    expect(check(memory, false)).toMatchObject({ durability: 'persistent' });
  });

  it.each([
    [undefined, /^HEADY_DATA_DIR is not set: /],
    [join(directory, 'nowhere'), /nowhere, which is not there\.$/],
    [join(directory, 'file'), /file, which is no folder\.$/],
  ])('%s is none', (path, why) => {
    expect(check(path)).toEqual({ durability: 'ephemeral', why: expect.stringMatching(why) });
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be written is none', () => {
    chmodSync(folder, 0o500);
    expect(check(folder, false)).toMatchObject({ why: expect.stringMatching(/not to be written/) });
  });
});
