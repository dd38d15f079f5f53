import { setImmediate as turn } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Admission } from '../../lib/python/admission.ts';

const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function admission(slots: number, maxQueue = 10): Admission {
  return new Admission({ slots, maxQueue, queueTimeoutMs: 1000 });
}

describe('a slot', () => {
  it('goes to those that wait in the order of their arrival', async () => {
    const gate = admission(1);
    const first = await gate.enter(never);
    const order: string[] = [];
    const enter = async (name: string) => {
      const slot = await gate.enter(never);
      order.push(name);
      slot[Symbol.dispose]();
    };
    const waiting = ['a', 'b', 'c'].map(enter);
    expect(gate).toMatchObject({ running: 1, queued: 3 });
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b', 'c']);
    expect(gate).toMatchObject({ running: 0, queued: 0 });
  });

  it('passes on without being free in between, so that nobody overtakes', async () => {
    const gate = admission(1);
    const first = await gate.enter(never);
    const waiting = gate.enter(never);
    first[Symbol.dispose]();
    expect(gate.running).toBe(1);
    const late = gate.enter(never);
    expect(gate.queued).toBe(1);
    (await waiting)[Symbol.dispose]();
    (await late)[Symbol.dispose]();
  });

  it('that is disposed of twice counts once', async () => {
    const gate = admission(2);
    const [first, second] = [await gate.enter(never), await gate.enter(never)];
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(gate.running).toBe(1);
    second[Symbol.dispose]();
    expect(gate.running).toBe(0);
  });
});

describe('a call that waits', () => {
  it('frees its place when its caller goes away', async () => {
    const gate = admission(1, 1);
    const first = await gate.enter(never);
    const caller = new AbortController();
    const leaving = gate.enter(caller.signal);
    caller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    expect(gate.queued).toBe(0);
    const next = gate.enter(never); // the queue has one place: it is free again
    first[Symbol.dispose]();
    (await next)[Symbol.dispose]();
    expect(gate.running).toBe(0);
  });

  it('is turned away when its time is over, and takes no slot afterwards', async () => {
    const gate = admission(1);
    const first = await gate.enter(never);
    const refused = gate.enter(never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(gate.queued).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await refused).toMatchObject({
      code: 'worker-busy',
      message: 'No Python slot came free within 1s.',
    });
    first[Symbol.dispose]();
    expect(gate).toMatchObject({ running: 0, queued: 0 });
  });

  it('leaves no timer behind once it is admitted', async () => {
    const gate = admission(1);
    const first = await gate.enter(never);
    const waiting = gate.enter(never);
    first[Symbol.dispose]();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['abort', 'timeout'] as const)(
    'that is admitted and meets its %s at once holds its slot',
    async (end) => {
      const gate = admission(1);
      const first = await gate.enter(never);
      const caller = new AbortController();
      const waiting = gate.enter(caller.signal);
      first[Symbol.dispose]();
      if (end === 'abort') caller.abort();
      else vi.advanceTimersByTime(1000);
      await turn();
      expect(gate.running).toBe(1);
      (await waiting)[Symbol.dispose]();
      expect(gate.running).toBe(0);
    },
  );
});

describe('a call too many', () => {
  it('is turned away at once with when to come again', async () => {
    const gate = admission(1, 1);
    const first = await gate.enter(never);
    const waiting = gate.enter(never);
    await expect(gate.enter(never)).rejects.toMatchObject({
      code: 'worker-busy',
      message: 'All 1 Python slots are taken and 1 calls wait.',
      options: { retryAfterSeconds: expect.any(Number) },
    });
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });

  it('takes no slot when its caller has gone before it came', async () => {
    const gate = admission(1);
    await expect(gate.enter(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(gate.running).toBe(0);
  });
});
