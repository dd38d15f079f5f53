import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { UploadRoom } from '../../lib/uploads/upload-room.ts';
import { DiskStore } from '../../storage/index.ts';

const minuteMs = 60_000;
const directory = mkdtempSync(join(tmpdir(), 'room-'));
const store = await DiskStore.open({ directory, quotaBytes: 100 });
const full = { code: 'storage-full' };
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

function later(minutes: number): void {
  vi.setSystemTime(Date.now() + minutes * minuteMs);
}

describe('the room of an upload', () => {
  it('is there for others when no byte has come for ten minutes, but for those that have', async () => {
    using room = await UploadRoom.reserve(store, 100);
    later(9);
    room.holds(10);
    later(9);
    await room.yieldIfIdle();
    await expect(store.reserve(1)).rejects.toMatchObject(full);
    later(1);
    await room.yieldIfIdle();
    await expect(store.reserve(91)).rejects.toMatchObject(full);
    using other = await store.reserve(90);
    other.holds(90);
  });

  it('is taken again when more comes, where it is free', async () => {
    using room = await UploadRoom.again(store, { bytes: 100, presentBytes: 10 });
    later(10);
    await room.yieldIfIdle();
    const other = await store.reserve(90);
    await expect(room.take()).rejects.toMatchObject(full);
    await expect(store.reserve(1)).rejects.toMatchObject(full);
    other[Symbol.dispose]();
    await room.take();
    await expect(store.reserve(1)).rejects.toMatchObject(full);
  });

  it('is all given back when the upload is over, idle or not', async () => {
    const room = await UploadRoom.reserve(store, 100);
    later(10);
    room[Symbol.dispose]();
    await room.yieldIfIdle();
    await room.take();
    expect(await store.reserve(100)).toHaveProperty('holds');
  });
});
