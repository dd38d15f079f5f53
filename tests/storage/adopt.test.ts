import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { DiskStore, parseKey } from '../../storage/index.ts';
import { pieces } from './contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'adopt-'));
const signal = new AbortController().signal;
const type = 'text/plain';
afterAll(() => rmSync(directory, { recursive: true }));

async function open(name: string, quotaBytes = 1e7): Promise<DiskStore> {
  return DiskStore.open({ directory: join(directory, name), quotaBytes });
}

/** Content that lies on the same disk. */
function laid(content: string | Buffer): string {
  const path = join(directory, 'content');
  writeFileSync(path, content);
  return path;
}

function blobs(name: string): string[] {
  return readdirSync(join(directory, name, 'blobs'));
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

describe('content that a store adopts', () => {
  it('is a file like one that was put, and is gone from its place', async () => {
    await using store = await open('adopts');
    const content = randomBytes(700_001);
    const place = laid(content);
    const adopted = await store.adopt(parseKey('a'), place, { type, metadata: { by: 'Ann' } });
    expect(adopted).toMatchObject({ bytes: 700_001, sha256: sha256(content), metadata: { by: 'Ann' }, type });
    const put = await store.put(parseKey('b'), pieces(content), { type, signal });
    expect(adopted?.etag).toBe(put.etag);
    expect(existsSync(place)).toBe(false);
    expect(readFileSync(join(directory, 'adopts/blobs', blobs('adopts')[0] ?? ''))).toEqual(content);
  });

  it('takes the place of the file that was there', async () => {
    await using store = await open('replaces');
    await store.put(parseKey('a'), pieces('old'), { type, signal });
    await store.adopt(parseKey('a'), laid('new'), { type });
    expect([(await store.head(parseKey('a')))?.bytes, blobs('replaces').length]).toEqual([3, 1]);
  });

  it('is none where nothing lies at the place', async () => {
    await using store = await open('none');
    expect(await store.adopt(parseKey('a'), join(directory, 'nothing'), { type })).toBeUndefined();
    expect([await store.head(parseKey('a')), blobs('none')]).toEqual([undefined, []]);
  });

  it('is adopted anew after a crash before it was a file', async () => {
    await (await open('crashed'))[Symbol.asyncDispose]();
    rmSync(join(directory, 'crashed/index.sqlite')); // as after a crash
    const place = laid('content');
    linkSync(place, join(directory, 'crashed/blobs', randomUUID()));
    await using store = await open('crashed');
    expect(blobs('crashed')).toEqual([]);
    expect(await store.adopt(parseKey('a'), place, { type })).toMatchObject({ bytes: 7 });
    expect([existsSync(place), blobs('crashed').length]).toEqual([false, 1]);
  });

  it.each([['a condition that does not hold', { ifMatch: '*' as const }, 'precondition-failed']])(
    'stays in its place with %s',
    async (_, options, code) => {
      await using store = await open('stays');
      const place = laid('content');
      await expect(store.adopt(parseKey('a'), place, { type, ...options })).rejects.toMatchObject({ code });
      expect([readFileSync(place, 'utf8'), blobs('stays')]).toEqual(['content', []]);
    },
  );
});

describe('room that is reserved', () => {
  const put = async (store: DiskStore, bytes: number, expectedBytes = 0) =>
    store.put(parseKey('x'), pieces(Buffer.alloc(bytes)), { type, signal, expectedBytes });

  it('is not there for others, until it is given back', async () => {
    await using store = await open('reserved', 1000);
    const room = await store.reserve(600);
    await expect(store.reserve(500)).rejects.toMatchObject({ code: 'storage-full' });
    await expect(put(store, 500, 500)).rejects.toMatchObject({ code: 'storage-full' });
    await expect(put(store, 500)).rejects.toMatchObject({ code: 'storage-full' });
    room.holds(600);
    await expect(store.reserve(500)).rejects.toMatchObject({ code: 'storage-full' });
    room[Symbol.dispose]();
    room[Symbol.dispose]();
    await put(store, 500);
    await expect(store.reserve(501)).rejects.toMatchObject({ code: 'storage-full' });
  });

  it('is given to one of two who ask at once', async () => {
    await using store = await open('rivals', 1000);
    const asked = await Promise.allSettled([store.reserve(600), store.reserve(600)]);
    expect(asked.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('is kept for what had it before, though there is none', async () => {
    await using store = await open('promised', 1000);
    await store.reserve(2000, { presentBytes: 10 });
    await expect(put(store, 1, 1)).rejects.toMatchObject({ code: 'storage-full' });
  });
});
