import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, describe, expect, it, vi } from 'vitest';

import { DiskStore, parseKey } from '../../storage/index.ts';
import { contentOf, pieces, storeSuite } from './contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'store-'));
const quotaBytes = 100e6;
const signal = new AbortController().signal;
afterAll(() => rmSync(directory, { recursive: true }));

storeSuite('a folder', async () => DiskStore.open({ directory: join(directory, 'contract'), quotaBytes }));

/** All that lies in a store's folder beside its records. */
function lying(folder: string): string[] {
  return ['blobs', 'incoming'].flatMap((name) => readdirSync(join(folder, name)));
}

describe('a store on a disk', () => {
  it('leaves nothing of what it did not store, replaced or deleted', async () => {
    const folder = join(directory, 'tidy');
    await using store = await DiskStore.open({ directory: folder, quotaBytes });
    const key = parseKey('a');
    const options = { type: 'text/plain', signal };
    await store.put(key, pieces('1'), options);
    await store.put(key, pieces('2'), options);
    await store.put(key, pieces('3'), { ...options, sha256: 'AAAA' }).catch(() => undefined);
    await store.put(key, pieces('4'), { ...options, ifNoneMatch: '*' }).catch(() => undefined);
    expect(lying(folder)).toHaveLength(1);
    await store.delete(key);
    expect(lying(folder)).toEqual([]);
  });

  it('has what it had when it is opened again, closed or not, and with its index gone', async () => {
    const folder = join(directory, 'again');
    const first = await DiskStore.open({ directory: folder, quotaBytes });
    for (const key of ['x/1', 'x/2', 'x/3'])
      await first.put(parseKey(key), pieces(key), { type: 'text/plain', signal });
    const listed = await first.list({ limit: 10 });
    await first[Symbol.asyncDispose]();
    const second = await DiskStore.open({ directory: folder, quotaBytes });
    expect(await second.list({ limit: 10 })).toEqual(listed);
    writeFileSync(join(folder, 'incoming/left'), 'by a crash');
    writeFileSync(join(folder, 'blobs/left'), 'by a crash');
    const third = await DiskStore.open({ directory: folder, quotaBytes }); // as if the second had been killed
    expect(await third.list({ limit: 10 })).toEqual(listed);
    expect(lying(folder)).toHaveLength(3);
    await third[Symbol.asyncDispose]();
    rmSync(join(folder, 'index.sqlite'));
    await using fourth = await DiskStore.open({ directory: folder, quotaBytes });
    expect(await fourth.list({ limit: 10 })).toEqual(listed);
  });

  it('ends the changes that have begun when it is closed, and begins no other', async () => {
    const folder = join(directory, 'closed');
    for (let round = 0; round < 20; round += 1) {
      const store = await DiskStore.open({ directory: folder, quotaBytes });
      const keys = Array.from({ length: 8 }, (_, at) => parseKey(`${round}/${at}`));
      const putting = Promise.allSettled(
        keys.map(async (key) => store.put(key, pieces('x'), { type: 'x/y', signal })),
      );
      await delay(Math.random() * 10);
      await store[Symbol.asyncDispose]();
      const outcomes = await putting;
      await using reopened = await DiskStore.open({ directory: folder, quotaBytes });
      const { files } = await reopened.list({ prefix: `${round}/`, limit: 10 });
      const stored = keys.filter((_, at) => outcomes[at]?.status === 'fulfilled');
      expect(files.map(({ key }) => key)).toEqual(stored);
      for (const key of stored) await (await reopened.open(key))?.[Symbol.asyncDispose]();
      expect(lying(folder)).toHaveLength((await reopened.list({ limit: 1000 })).files.length);
    }
  });

  it('says of a file whose content the disk has lost that it is so', async () => {
    const folder = join(directory, 'lost');
    await using store = await DiskStore.open({ directory: folder, quotaBytes });
    await store.put(parseKey('a'), pieces('x'), { type: 'x/y', signal });
    const [blob = ''] = readdirSync(join(folder, 'blobs'));
    rmSync(join(folder, 'blobs', blob));
    await expect(store.open(parseKey('a'))).rejects.toThrow(
      `the content of 'a', ${blob}, is not on the disk`,
    );
  });

  it('opens with what it can read, tells of the rest, and removes no content that may be of that', async () => {
    const folder = join(directory, 'damaged');
    const first = await DiskStore.open({ directory: folder, quotaBytes });
    for (const key of ['a', 'b']) await first.put(parseKey(key), pieces(key), { type: 'x/y', signal });
    const [record = ''] = globSync('records/*/*.json', { cwd: folder });
    writeFileSync(join(folder, record), '{"key":'); // and it is not closed
    const faults: Error[] = [];
    await using second = await DiskStore.open({
      directory: folder,
      quotaBytes,
      onFault: (error) => faults.push(error),
    });
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${record} is no record of a file`),
    ]);
    expect((await second.list({ limit: 10 })).files).toHaveLength(1);
    expect(lying(folder)).toHaveLength(2);
    await first[Symbol.asyncDispose]();
  });

  it('takes no more than its quota, and says so before it has read what is too much', async () => {
    const folder = join(directory, 'full');
    await using store = await DiskStore.open({ directory: folder, quotaBytes: 1000 });
    await store.put(parseKey('first'), pieces(Buffer.alloc(600)), { type: 'x/y', signal });
    let isRead = false;
    const content = (async function* () {
      isRead = true;
      yield Buffer.alloc(500);
    })();
    const told = store.put(parseKey('second'), content, { type: 'x/y', signal, expectedBytes: 500 });
    await expect(told).rejects.toMatchObject({ code: 'storage-full', status: 507 });
    expect(isRead).toBe(false);
    await expect(store.put(parseKey('second'), content, { type: 'x/y', signal })).rejects.toMatchObject({
      status: 507,
    });
    await store.put(parseKey('second'), pieces(Buffer.alloc(400)), { type: 'x/y', signal });
    await store.delete(parseKey('first'));
    await store.put(parseKey('third'), pieces(Buffer.alloc(600)), { type: 'x/y', signal });
    expect(lying(folder)).toHaveLength(2);
  });

  it('says that its disk is full, keeps what it has, and goes on when there is room', async ({ skip }) => {
    const disk = join(directory, 'full-disk');
    mkdirSync(disk);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    skip(status !== 0, 'it needs the right to mount');
    try {
      const store = await DiskStore.open({ directory: disk, quotaBytes });
      const put = async (key: string, bytes: number, expectedBytes = 0) =>
        store.put(parseKey(key), pieces(Buffer.alloc(bytes)), { type: 'x/y', signal, expectedBytes });
      await put('kept', 1_000_000);
      for (const expectedBytes of [0, 5_000_000])
        await expect(put('large', 5_000_000, expectedBytes)).rejects.toMatchObject({ status: 507 });
      let count = 0;
      const fill = async (): Promise<void> => put(`small/${(count += 1)}`, 4096).then(fill);
      await expect(fill()).rejects.toMatchObject({ status: 507 }); // its content or its record
      expect(lying(disk)).toHaveLength(count); // without the last one, and with the first
      expect(await store.delete(parseKey('kept'))).toBe(true);
      await put('again', 500_000);
      await store[Symbol.asyncDispose]();
      await using reopened = await DiskStore.open({ directory: disk, quotaBytes });
      expect((await reopened.list({ limit: 10_000 })).files).toHaveLength(count);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  it('drops files at the end of their lifetime, and the oldest before where there is no room else', async () => {
    const folder = join(directory, 'dropping');
    await using store = await DiskStore.open({ directory: folder, quotaBytes: 1000, lifetimeMs: 60_000 });
    const put = async (key: string, bytes: number, options = {}) =>
      store.put(parseKey(key), pieces(Buffer.alloc(bytes)), { type: 'x/y', signal, ...options });
    const keys = async () => (await store.list({ limit: 10 })).files.map(({ key }) => key);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (const key of ['c', 'b', 'a']) {
        await put(key, 300);
        vi.advanceTimersByTime(1000);
      }
      await put('told', 300, { expectedBytes: 300 });
      expect(await keys()).toEqual(['a', 'b', 'told']);
      await put('untold', 700);
      expect(await keys()).toEqual(['told', 'untold']);
      await expect(put('untold/large', 1200)).rejects.toMatchObject({ status: 507 });
      expect(await keys()).toEqual(['told', 'untold']); // none has gone in vain
      await expect(put('never', 0, { expectedBytes: 1001 })).rejects.toMatchObject({ status: 507 });
      await expect(put('never', 1001)).rejects.toMatchObject({ status: 507 });
      vi.advanceTimersByTime(59_000);
      await put('told', 10);
      vi.advanceTimersByTime(1001);
      expect(await keys()).toEqual(['told']);
      const over = parseKey('untold');
      expect([await store.head(over), await store.open(over), await store.delete(over)]).toEqual([
        undefined,
        undefined,
        false,
      ]);
      vi.advanceTimersByTime(60_000);
      await put('young', 1, { ifNoneMatch: '*' });
      expect(lying(folder)).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('has every file that it has acknowledged, whole, when it is killed at any moment', async () => {
    const folder = join(directory, 'killed');
    const acknowledged = new Map<string, string>();
    for (let kill = 0; kill < 50; kill += 1) {
      const child = fork(join(import.meta.dirname, 'writer.ts'), [folder, String(kill)], { stdio: 'ignore' });
      child.on('message', (told) => {
        const [key, sha256] = told as [string, string];
        acknowledged.set(key, sha256);
      });
      await once(child, 'message');
      await delay(Math.random() * 30);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await using store = await DiskStore.open({ directory: folder, quotaBytes });
    for (const [key, sha256] of acknowledged) {
      await using opened = await store.open(parseKey(key));
      const content = await contentOf(opened?.pieces());
      expect([opened?.file.bytes, opened?.file.sha256 === sha256 || key === 'one']).toEqual([
        content.byteLength,
        true,
      ]);
      expect(content.every((byte) => byte === content[0])).toBe(true);
    }
    const { files } = await store.list({ limit: 100_000 });
    expect(files.length).toBeGreaterThanOrEqual(acknowledged.size);
    expect(lying(folder)).toHaveLength(files.length);
    expect(acknowledged.size).toBeGreaterThanOrEqual(50);
  }, 120_000);
});

describe('a key', () => {
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/./b',
    'a\0b',
    'a\nb',
    'a\u202eb',
    'a\\b',
    ' a',
    'a ',
    'a.',
    'con',
    'x/NUL.txt',
    'x'.repeat(256),
    'x/'.repeat(600),
    '\ud800',
  ])('is refused as %j', (key) => {
    expect(() => parseKey(key)).toThrow(/^The key /);
  });

  it.each(['a', 'a/b.txt', '.hidden', 'größe/日本語 🙂.pdf', 'a..b', 'console'])('is taken as %j', (key) => {
    expect(parseKey(key)).toBe(key);
  });

  it('is the same however its letters are composed', () => {
    expect(parseKey('o\u0308')).toBe('ö');
  });
});

it('puts nothing where a key says', () => {
  expect(existsSync(join(directory, 'contract/a'))).toBe(false);
  expect(readFileSync(join(directory, 'contract/index.sqlite')).byteLength).toBeGreaterThan(0);
});
