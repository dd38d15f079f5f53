import { setImmediate as turn } from 'node:timers/promises';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Admission } from '../../lib/python/admission/admission.ts';
import type { Applicant } from '../../lib/python/admission/lanes.ts';

const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function admission(slots: number, maxQueue = 10, budgetBytes = Infinity): Admission {
  return new Admission({
    slots,
    maxQueue,
    queueTimeoutMs: 1000,
    budgetBytes: () => budgetBytes,
    makeRoom: () => {},
    mostBytes: () => budgetBytes,
  });
}

function applicant(worker: string, declared: Partial<Applicant> = {}): Applicant {
  return {
    worker,
    function: 'function',
    caller: 'somebody',
    memoryBytes: 1,
    concurrency: null,
    queue: null,
    ...declared,
  };
}

const one = applicant('worker');

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
      message: 'No Python slot came free within 1s: all 1 Python slots are taken.',
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
      message: 'The queue is full with 1 waiting: all 1 Python slots are taken.',
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

describe('callers of one function', () => {
  const by = (caller: string, declared: Partial<Applicant> = {}) =>
    applicant('shared', { caller, ...declared });

  it('take turns, so that the many calls of one do not hold up those of another', async () => {
    const gate = admission(1);
    const first = await gate.enter(by('flood'), never);
    const order: string[] = [];
    const enter = async (caller: string) => {
      const slot = await gate.enter(by(caller), never);
      order.push(caller);
      slot[Symbol.dispose]();
    };
    const waiting = ['flood', 'flood', 'flood', 'flood', 'one', 'two', 'one'].map(enter);
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(order).toEqual(['flood', 'one', 'two', 'flood', 'one', 'flood', 'flood']);
  });

  it.each([
    ['the queue of all', {}],
    ['that of the function', { queue: 3, concurrency: 1 }],
  ])(
    'cannot fill %s for others: the one with the most waiting gives up its last',
    async (_which, declared) => {
      const gate = admission(1, 3);
      const first = await gate.enter(by('flood', declared), never);
      const waiting = [1, 2, 3].map(() => gate.enter(by('flood', declared), never));
      const other = gate.enter(by('other', declared), never);
      await expect(waiting[2]).rejects.toMatchObject({ code: 'worker-busy' });
      first[Symbol.dispose]();
      for (const next of [waiting[0], other, waiting[1]]) (await next)?.[Symbol.dispose]();
      expect(gate).toMatchObject({ running: 0, queued: 0 });
    },
  );
});

describe('functions', () => {
  const busy = applicant('busy');
  const rare = applicant('rare');

  it('take turns, so that the many calls of one do not hold up the only one of another', async () => {
    const gate = admission(1);
    const first = await gate.enter(busy, never);
    const order: string[] = [];
    const enter = async (which: Applicant) => {
      const slot = await gate.enter(which, never);
      order.push(which.worker);
      slot[Symbol.dispose]();
    };
    const waiting = [busy, busy, busy, rare].map(enter);
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(order.indexOf('rare')).toBeLessThanOrEqual(1);
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
      message: 'The queue of busy.function is full with 1 waiting: all 1 places of busy.function are taken.',
    });
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });

  it('cannot fill the queue for others: the one with the most waiting gives up its last', async () => {
    const gate = admission(1, 3);
    const first = await gate.enter(busy, never);
    const waiting = [1, 2, 3].map(() => gate.enter(busy, never));
    const other = gate.enter(rare, never);
    await expect(waiting[2]).rejects.toMatchObject({
      code: 'worker-busy',
      message: 'The queue is full with 3 waiting: all 1 Python slots are taken.',
    });
    await expect(gate.enter(busy, never)).rejects.toMatchObject({ code: 'worker-busy' });
    first[Symbol.dispose]();
    for (const next of [waiting[0], other, waiting[1]]) (await next)?.[Symbol.dispose]();
    expect(gate).toMatchObject({ running: 0, queued: 0 });
  });

  it('are told to come again by their own bound', async () => {
    const gate = admission(8);
    const narrow = { ...busy, concurrency: 1, queue: 1 };
    const first = await gate.enter(narrow, never);
    const waiting = gate.enter(narrow, never);
    const refused = await gate.enter(narrow, never).catch((error: unknown) => error);
    expect(refused).toMatchObject({ options: { retryAfterSeconds: 2 } }); // one before it, a second each, in one place
    first[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });
});

describe('memory', () => {
  const small = applicant('small', { memoryBytes: 10 });
  const large = applicant('large', { memoryBytes: 90 });

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
    const running: [string, Disposable][] = [];
    const started: string[] = [];
    const enter = async (which: Applicant) => {
      const slot = await gate.enter(which, never);
      started.push(which.worker);
      running.push([which.worker, slot]);
    };
    await Promise.all([enter(small), enter(small)]);
    void enter({ ...large, memoryBytes: 95 }); // too much beside a single small one
    for (let call = 0; call < 20; call += 1) void enter(small);
    while (running.length > 0) {
      running.shift()?.[1][Symbol.dispose]();
      await turn();
    }
    expect(started.indexOf('large')).toBe(5); // two ran, one had its turn, two have overtaken it: as many as there are slots
    expect(started.length).toBe(23);
  });

  it('says what a call has waited for in vain', async () => {
    const gate = admission(8, 10, 100);
    const first = await gate.enter(large, never);
    const refused = gate.enter(large, never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await refused).toMatchObject({
      message: expect.stringContaining('reserves 90B of memory, of which 10B are left'),
    });
    first[Symbol.dispose]();
  });

  it('that no end of a call would free is waited for by nobody else', async () => {
    const gate = admission(1, 10, 50);
    const waiting = gate.enter(large, never).catch((error: unknown) => error);
    for (let round = 0; round < 5; round += 1) (await gate.enter(small, never))[Symbol.dispose]();
    expect(gate).toMatchObject({ running: 0, queued: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toMatchObject({ code: 'worker-busy' });
  });

  it('is made for a call that has a slot, with what runs counted', async () => {
    let budgetBytes = 100;
    const asked: [string, number][] = [];
    const gate = new Admission({
      slots: 2,
      maxQueue: 10,
      queueTimeoutMs: 1000,
      budgetBytes: () => budgetBytes,
      makeRoom: ({ worker }, bytes) => {
        asked.push([worker, bytes]);
        budgetBytes = bytes;
      },
      mostBytes: () => Infinity,
    });
    const slots = [await gate.enter(large, never), await gate.enter(large, never)];
    expect(asked).toEqual([['large', 180]]);
    for (const slot of slots) slot[Symbol.dispose]();
  });
});

describe('whatever comes and goes', () => {
  const names = ['a', 'b', 'c'];
  const budgetBytes = 100;
  const concurrencyOfA = 1;
  const comers = fc.record({
    worker: fc.constantFrom(...names),
    memoryBytes: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: budgetBytes })),
  });
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: comers },
      { weight: 5, arbitrary: fc.constant('end' as const) },
      { weight: 1, arbitrary: fc.constant('leave' as const) },
    ),
    { size: 'large', maxLength: 150 },
  );

  interface Call {
    readonly worker: string;
    readonly memoryBytes: number;
    readonly number: number;
    /** Calls that were admitted while it waited. */
    readonly before: Call[];
    readonly leaving: AbortController;
    slot?: Disposable;
  }

  /** Plays the steps, looks at all that run after each of them, and returns the calls as they were admitted. */
  async function play(
    gate: Admission,
    sequence: typeof steps extends fc.Arbitrary<infer S> ? S : never,
    look: (running: Call[]) => void = () => {},
  ): Promise<Call[]> {
    const [running, waiting, admitted]: [Call[], Call[], Call[]] = [[], [], []];
    let [entered, settled] = [0, 0];
    const enter = async (call: Call, concurrency: number | null) => {
      waiting.push(call);
      const slot = await gate
        .enter(applicant(call.worker, { ...call, concurrency }), call.leaving.signal)
        .catch(() => undefined);
      waiting.splice(waiting.indexOf(call), 1);
      settled += 1;
      if (!slot) return;
      call.slot = slot;
      running.push(call);
      admitted.push(call);
      for (const other of waiting) other.before.push(call);
    };
    for (const step of sequence) {
      if (step === 'end') running.shift()?.slot?.[Symbol.dispose]();
      else if (step === 'leave') waiting.at(0)?.leaving.abort();
      else {
        const call: Call = { ...step, number: (entered += 1), before: [], leaving: new AbortController() };
        void enter(call, step.worker === 'a' ? concurrencyOfA : null);
      }
      await turn();
      look(running);
    }
    for (; running.length > 0; await turn()) running.shift()?.slot?.[Symbol.dispose]();
    expect(settled).toBe(entered);
    expect(gate).toMatchObject({ running: 0, queued: 0, reservedBytes: 0 });
    return admitted;
  }

  /** Of the calls that were admitted while one waited, those since it was the first of its function. */
  function overtakers({ worker, before }: Call): Call[] {
    return before.slice(before.findLastIndex((other) => other.worker === worker) + 1);
  }

  const slots = fc.integer({ min: 1, max: 4 });

  it('no bound is passed, and no call is lost', async () => {
    await fc.assert(
      fc.asyncProperty(steps, slots, async (sequence, places) => {
        const gate = admission(places, 100, budgetBytes);
        await play(gate, sequence, (running) => {
          expect(running.length).toBeLessThanOrEqual(places);
          expect(running.length).toBe(gate.running);
          const reserved = running.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
          expect(reserved).toBe(gate.reservedBytes);
          expect(reserved).toBeLessThanOrEqual(budgetBytes);
          expect(running.filter(({ worker }) => worker === 'a').length).toBeLessThanOrEqual(concurrencyOfA);
        });
      }),
    );
  });

  it('the calls of a function run in the order of their arrival', async () => {
    await fc.assert(
      fc.asyncProperty(steps, slots, async (sequence, places) => {
        const admitted = await play(admission(places, 100, budgetBytes), sequence);
        for (const name of names) {
          const numbers = admitted.filter(({ worker }) => worker === name).map(({ number }) => number);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('another function has one turn at most before a call that is the first of its own', async () => {
    await fc.assert(
      fc.asyncProperty(steps, slots, async (sequence, places) => {
        const admitted = await play(admission(places, 100), sequence);
        // the function with a bound of its own is passed over while it runs as often as it may
        for (const call of admitted.filter(({ worker }) => worker !== 'a'))
          for (const name of names)
            expect(overtakers(call).filter(({ worker }) => worker === name).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('a call is overtaken so many times at most, however large it is', async () => {
    await fc.assert(
      fc.asyncProperty(steps, slots, async (sequence, places) => {
        const admitted = await play(admission(places, 100, budgetBytes), sequence);
        // each other function has its turn, and as many more as there are slots overtake it and each that is before it
        for (const call of admitted.filter(({ worker }) => worker !== 'a'))
          expect(overtakers(call).length).toBeLessThanOrEqual(names.length * (places + 1));
      }),
      { numRuns: 500 },
    );
  });
});
