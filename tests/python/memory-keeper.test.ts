import { createConsola } from 'consola';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { InstanceMemory } from '../../lib/python/memory/instance-memory.ts';
import { MemoryKeeper } from '../../lib/python/memory/memory-keeper.ts';
import type { Worker } from '../../lib/python/workers/worker.ts';

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

interface Fake {
  readonly usedAt: number;
  readonly isIdle?: boolean;
  readonly warm?: boolean;
  readonly serving?: number;
}

/** A keeper of workers that each hold as much as this process, and the names of those that it has retired. */
function keep(
  fakes: Readonly<Record<string, Fake>>,
  read?: () => InstanceMemory,
  instanceBytes = 64 * gigabyte,
) {
  const retired: string[] = [];
  const workers = Object.entries(fakes).map(
    ([name, { usedAt, isIdle = true, warm = false, serving = 0 }]) => ({
      name,
      usedAt,
      isIdle,
      loaded: { warm, serving, pids: () => [process.pid], idlePid: () => process.pid },
      retire: () => void retired.push(name),
    }),
  );
  const state = { reservedBytes: 0, rooms: 0 };
  const keeper = new MemoryKeeper({
    instanceBytes,
    workers: () => workers.filter(({ name }) => !retired.includes(name)) as unknown as Worker[],
    basePid: () => undefined,
    reservedBytes: () => state.reservedBytes,
    onRoom: () => (state.rooms += 1),
    read,
    log: createConsola({ reporters: [] }),
  });
  return { keeper, retired, state };
}

describe('room for a call', () => {
  const three = { old: { usedAt: 1 }, older: { usedAt: 0 }, recent: { usedAt: 2 } };

  it('is made by retiring the least recently used first, and no more than it takes', async () => {
    const { keeper, retired } = keep(three);
    await keeper.measure();
    const each = keeper.budget.zygoteBytesOf('old');
    keeper.makeRoom(keeper.budget.bytes + 1.5 * each, { except: 'none', mayWait: false });
    expect(retired).toEqual(['older', 'old']);
    expect(keeper.budget.zygoteBytesOf('older')).toBe(0); // at once, before the next measure
  });

  it('is not made of the worker that is called, of what serves, nor where it would not do', async () => {
    const { keeper, retired } = keep({ ...three, serving: { usedAt: 0, isIdle: false } });
    await keeper.measure();
    const each = keeper.budget.zygoteBytesOf('old');
    keeper.makeRoom(keeper.budget.bytes + 2.5 * each, { except: 'older', mayWait: false });
    expect(retired).toEqual([]);
    keeper.makeRoom(keeper.budget.bytes + 1.5 * each, { except: 'older', mayWait: false });
    expect(retired).toEqual(['old', 'recent']);
  });

  it('is not made of a worker that was called lately while the end of a call may make it', async () => {
    vi.advanceTimersByTime(120_000);
    const { keeper, retired } = keep({ lately: { usedAt: 100_000 }, never: { usedAt: -Infinity } });
    await keeper.measure();
    const { bytes } = keeper.budget;
    const each = keeper.budget.zygoteBytesOf('never');
    keeper.makeRoom(bytes + 1.5 * each, { except: 'none', mayWait: true });
    expect(retired).toEqual([]);
    keeper.makeRoom(bytes + 0.5 * each, { except: 'none', mayWait: true });
    expect(retired).toEqual(['never']);
    keeper.makeRoom(bytes + 1.5 * each, { except: 'none', mayWait: false });
    expect(retired).toEqual(['never', 'lately']);
  });

  it('is at most what its own worker and those that stay warm leave', async () => {
    const { keeper } = keep({ ...three, warm: { usedAt: 0, warm: true, isIdle: false } });
    await keeper.measure();
    const each = keeper.budget.zygoteBytesOf('old');
    expect((keeper.budget.mostBytes - keeper.mostBytesFor('old')) / each).toBeCloseTo(2, 0);
    expect((keeper.budget.mostBytes - keeper.mostBytesFor('warm')) / each).toBeCloseTo(1, 0);
  });

  it('is made again when workers that were loaded since have taken what runs was given', async () => {
    vi.advanceTimersByTime(120_000);
    const { keeper, retired, state } = keep(three);
    await keeper.measure();
    expect({ retired, rooms: state.rooms }).toEqual({ retired: [], rooms: 1 });
    state.reservedBytes = keeper.budget.bytes + 100 * gigabyte;
    await keeper.measure();
    expect(retired).toEqual(['older', 'old', 'recent']);
  });
});

it('counts what a child has of its zygote for as long as it serves, as that is beside its limit', async () => {
  const { keeper } = keep({ idle: { usedAt: 0 }, busy: { usedAt: 0, isIdle: false, serving: 2 } });
  await keeper.measure();
  const [idle, busy] = ['idle', 'busy'].map((name) => keeper.budget.zygoteBytesOf(name));
  expect((busy ?? 0) / (idle ?? 1)).toBeCloseTo(3, 0);
});

it('measures once more for all that is asked for during a measure', async () => {
  const { keeper, state } = keep({});
  await Promise.all([1, 2, 3].map(() => keeper.measure()));
  await Promise.all([keeper.measure(), keeper.measure()]);
  expect(state.rooms).toBe(2);
});

describe('on a host that hides the limit of the instance', () => {
  const host = { totalBytes: 64 * gigabyte, leftBytes: 32 * gigabyte };

  it.each([
    [100 * megabyte, 0],
    [4000 * megabyte, 1],
  ])('a call that holds %d bytes is ended %d times', (residentBytes, times) => {
    const { keeper } = keep({}, () => host, 4000 * megabyte);
    const evict = vi.fn<(memory: InstanceMemory) => void>();
    using _ = keeper.watchdog.watch({ residentBytes: () => residentBytes, evict });
    vi.advanceTimersByTime(100);
    expect(evict).toHaveBeenCalledTimes(times);
    for (const [memory] of evict.mock.calls) expect(memory.totalBytes).toBe(4000 * megabyte);
  });
});
