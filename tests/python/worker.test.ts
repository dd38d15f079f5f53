import { createConsola } from 'consola';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { functionOf } from '../../lib/python/calls/dispatch.ts';
import { WorkerFailure } from '../../lib/python/workers/worker-failure.ts';
import type { WorkerZygote } from '../../lib/python/workers/worker-zygote.ts';
import { Worker } from '../../lib/python/workers/worker.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const failure = new WorkerFailure({ message: 'no model', file: '', line: null, traceback: '' });
const log = createConsola({ reporters: [] });

/** A worker whose file is as the test says, and how often it was loaded. */
function worker() {
  const file = { broken: true, loads: 0 };
  const zygote = { functions: new Map(), gone: false, warm: false, serving: 0, retire() {} };
  const load = async () => {
    file.loads += 1;
    if (file.broken) throw failure;
    return zygote as unknown as WorkerZygote;
  };
  return { file, worker: new Worker({ name: 'w', file: 'w.py', load, onChange() {}, log }) };
}

/** Fails to load it, and says how long it is not tried again. */
async function failAgain({ worker: failing }: ReturnType<typeof worker>): Promise<number | undefined> {
  vi.advanceTimersByTime(failing.retryInMs ?? 0);
  await failing.load().catch(() => undefined);
  return failing.retryInMs;
}

describe('an import that fails', () => {
  it('is tried ever more rarely, every five minutes at last', async () => {
    const subject = worker();
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) waits.push(await failAgain(subject));
    const seconds = [5, 10, 20, 40, 80, 160, 300, 300, 300];
    expect(waits).toEqual(seconds.map((each) => each * 1000));
    expect(subject.file.loads).toBe(9);
  });

  it('is not tried meanwhile: a call is told why, and when to come again', async () => {
    const subject = worker();
    await failAgain(subject);
    vi.advanceTimersByTime(1500);
    await expect(functionOf(subject.worker, 'f')).rejects.toMatchObject({
      code: 'worker-unavailable',
      message: "Worker 'w' does not load: no model.",
      options: { retryAfterSeconds: 4 },
    });
    expect(subject.file.loads).toBe(1);
  });

  it.each(['reload', 'load'] as const)('is forgiven by a %s that succeeds', async (way) => {
    const subject = worker();
    for (let attempt = 0; attempt < 3; attempt += 1) await failAgain(subject);
    subject.file.broken = false;
    vi.advanceTimersByTime(subject.worker.retryInMs ?? 0);
    await subject.worker[way]();
    expect(subject.worker.retryInMs).toBeUndefined();
    subject.file.broken = true;
    subject.worker.retire();
    expect(await failAgain(subject)).toBe(5000);
  });

  it('counts anew when the file has changed, though it still fails', async () => {
    const subject = worker();
    for (let attempt = 0; attempt < 3; attempt += 1) await failAgain(subject);
    await subject.worker.reload();
    expect(subject.file.loads).toBe(4);
    expect(subject.worker.retryInMs).toBe(5000);
  });
});

describe('a worker that was retired', () => {
  it('is loaded again by a call, and not to be described', async () => {
    const subject = worker();
    subject.file.broken = false;
    await subject.worker.load();
    subject.worker.retire();
    await subject.worker.describe();
    expect(subject.file.loads).toBe(1);
    await subject.worker.zygote();
    expect(subject.file.loads).toBe(2);
  });
});
