import { setImmediate as turn } from 'node:timers/promises';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Admission, type Applicant } from '../../lib/python/admission.ts';

const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function admission(slots: number, maxQueue = 10, budgetBytes = Infinity): Admission {
  return new Admission({ slots, maxQueue, queueTimeoutMs: 1000, budgetBytes: () => budgetBytes });
}

const one: Applicant = { name: 'worker.function', memoryBytes: 1, concurrency: null, queue: null };

describe('a slot', () => {
  it('goes to those that wait in the order of their arrival', async () => {
    const gate = admission(1);
    const first = await gate.enter(one, never);
    const order: string[] = [];
    const enter = async (name: string) => {
      const slot = await gate.enter(one, never);
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
    const first = await gate.enter(one, never);
    const waiting = gate.enter(one, never);
    first[Symbol.dispose]();
    expect(gate.running).toBe(1);
    const late = gate.enter(one, never);
    expect(gate.queued).toBe(1);
    (await waiting)[Symbol.dispose]();
    (await late)[Symbol.dispose]();
  });

  it('that is disposed of twice counts once', async () => {
    const gate = admission(2);
    const [first, second] = [await gate.enter(one, never), await gate.enter(one, never)];
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
    const first = await gate.enter(one, never);
    const caller = new AbortController();
    const leaving = gate.enter(one, caller.signal);
    caller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    expect(gate.queued).toBe(0);
    const next = gate.enter(one, never); // the queue has one place: it is free again
    first[Symbol.dispose]();
    (await next)[Symbol.dispose]();
    expect(gate.running).toBe(0);
  });

  it('is turned away when its time is over, and takes no slot afterwards', async () => {
    const gate = admission(1);
    const first = await gate.enter(one, never);
    const refused = gate.enter(one, never).catch((error: unknown) => error);
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
    const first = await gate.enter(one, never);
    const waiting = gate.enter(one, never);
    first[Symbol.dispose]();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['abort', 'timeout'] as const)(
    'that is admitted and meets its %s at once holds its slot',
    async (end) => {
      const gate = admission(1);
      const first = await gate.enter(one, never);
      const caller = new AbortController();
      const waiting = gate.enter(one, caller.signal);
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
    const first = await gate.enter(one, never);
    const waiting = gate.enter(one, never);
    await expect(gate.enter(one, never)).rejects.toMatchObject({
      code: 'worker-busy',
      message: 'All 1 Python slots are taken and 1 calls wait.',
      options: { retryAfterSeconds: expect.any(Number) },
    });
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });

  it('takes no slot when its caller has gone before it came', async () => {
    const gate = admission(1);
    await expect(gate.enter(one, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(gate.running).toBe(0);
  });
});

describe('functions', () => {
  const busy = { ...one, name: 'busy.function' };
  const rare = { ...one, name: 'rare.function' };

  it('take turns, so that the many calls of one do not hold up the only one of another', async () => {
    const gate = admission(1);
    const first = await gate.enter(busy, never);
    const order: string[] = [];
    const enter = async (applicant: Applicant) => {
      const slot = await gate.enter(applicant, never);
      order.push(applicant.name);
      slot[Symbol.dispose]();
    };
    const waiting = [busy, busy, busy, rare].map(enter);
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(order.indexOf(rare.name)).toBeLessThanOrEqual(1);
  });

  it('have their own bound on calls at once, which leaves the slots to others', async () => {
    const gate = admission(3);
    const narrow = { ...busy, concurrency: 1 };
    const first = await gate.enter(narrow, never);
    const second = gate.enter(narrow, never);
    expect(gate).toMatchObject({ running: 1, queued: 1 });
    (await gate.enter(rare, never))[Symbol.dispose]();
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    expect(gate).toMatchObject({ running: 0, queued: 0 });
  });

  it('have their own bound on calls that wait', async () => {
    const gate = admission(1);
    const short = { ...busy, concurrency: 1, queue: 1 };
    const first = await gate.enter(short, never);
    const waiting = gate.enter(short, never);
    await expect(gate.enter(short, never)).rejects.toMatchObject({
      code: 'worker-busy',
      message: 'All 1 places of busy.function are taken and 1 wait.',
    });
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });
});

describe('memory', () => {
  const small = { ...one, name: 'small.function', memoryBytes: 10 };
  const large = { ...one, name: 'large.function', memoryBytes: 90 };

  it('is reserved by what runs: a call that would pass the budget waits', async () => {
    const gate = admission(8, 10, 100);
    const first = await gate.enter(large, never);
    const second = gate.enter(large, never);
    expect(gate).toMatchObject({ running: 1, queued: 1 });
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
  });

  it('is had at last by a large call, however many small ones come', async () => {
    const gate = admission(2, 100, 100);
    const smalls = [await gate.enter(small, never), await gate.enter(small, never)];
    const seen = { admitted: false };
    const waiting = gate.enter(large, never).then((slot) => {
      seen.admitted = true;
      return slot;
    });
    let overtakers = 0;
    for (let round = 0; round < 20 && !seen.admitted; round += 1) {
      const next = gate.enter(small, never);
      smalls.shift()?.[Symbol.dispose]();
      const won = await Promise.race([next, waiting]);
      if (!seen.admitted) {
        overtakers += 1;
        smalls.push(won);
      } else void next.then((slot) => slot[Symbol.dispose]());
      await turn();
      if (gate.running === 1 && !seen.admitted) smalls.shift()?.[Symbol.dispose]();
      await turn();
    }
    expect(seen.admitted).toBe(true);
    expect(overtakers).toBeLessThanOrEqual(4);
  });

  it('says what a call has waited for in vain', async () => {
    const gate = admission(8, 10, 100);
    const first = await gate.enter(large, never);
    const refused = gate.enter(large, never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await refused).toMatchObject({ message: expect.stringContaining('reserves 90B of memory') });
    first[Symbol.dispose]();
  });
});

it('never passes a bound and never loses a call, whatever comes and goes', async () => {
  const applicants = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    memoryBytes: fc.integer({ min: 1, max: 100 }),
  });
  const steps = fc.array(fc.oneof(applicants, fc.constant('end' as const), fc.constant('leave' as const)), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (sequence, slots) => {
      const gate = admission(slots, 100, 100);
      const running: { name: string; memoryBytes: number; slot: Disposable }[] = [];
      const callers: AbortController[] = [];
      let settled = 0;
      let entered = 0;
      for (const step of sequence) {
        if (step === 'end') running.shift()?.slot[Symbol.dispose]();
        else if (step === 'leave') callers.shift()?.abort();
        else {
          const caller = new AbortController();
          const concurrency = step.name === 'a' ? 1 : null;
          callers.push(caller);
          entered += 1;
          void gate
            .enter({ ...step, concurrency, queue: null }, caller.signal)
            .then((slot) => running.push({ ...step, slot }))
            .catch(() => {})
            .finally(() => (settled += 1));
        }
        await turn();
        expect(running.length).toBeLessThanOrEqual(slots);
        expect(running.length).toBe(gate.running);
        expect(running.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)).toBeLessThanOrEqual(100);
        expect(running.filter(({ name }) => name === 'a').length).toBeLessThanOrEqual(1);
      }
      while (running.length > 0) {
        running.shift()?.slot[Symbol.dispose]();
        await turn();
      }
      expect(settled).toBe(entered);
      expect(gate).toMatchObject({ running: 0, queued: 0 });
    }),
  );
});
