import { setImmediate as turn } from 'node:timers/promises';

import { ERRORS } from '@tus/server';
import { describe, expect, it } from 'vitest';

import { UploadLocks } from '../../lib/uploads/upload-locks.ts';

const patient = new AbortController().signal;
const stays = () => undefined;

describe('the lock of an upload', () => {
  it('is held by one at a time, however many wait for it', async () => {
    const locks = new UploadLocks();
    let holders = 0;
    const most: number[] = [];
    const hold = async () => {
      const lock = locks.newLock('a');
      await lock.lock(patient, stays);
      most.push((holders += 1));
      await turn();
      holders -= 1;
      await lock.unlock();
    };
    await Promise.all(Array.from({ length: 5 }, hold));
    expect(most).toEqual([1, 1, 1, 1, 1]);
    expect(locks.has('a')).toBe(false);
  });

  it('is asked for of each who holds it meanwhile', async () => {
    const locks = new UploadLocks();
    const asked: string[] = [];
    const hold = async (name: string) => {
      const lock = locks.newLock('a');
      await lock.lock(patient, () => {
        asked.push(name);
        void lock.unlock();
      });
    };
    for (const name of ['first', 'second', 'third']) await hold(name);
    expect(asked).toEqual(['first', 'second']);
  });

  it('is not waited for by a request that is over', async () => {
    const locks = new UploadLocks();
    const ending = new AbortController();
    await locks.newLock('a').lock(patient, stays);
    const waiting = locks.newLock('a').lock(ending.signal, stays);
    await turn();
    ending.abort();
    await expect(waiting).rejects.toBe(ERRORS.ABORTED);
  });
});
