import { describe, expect, it } from 'vitest';

import { Turns } from '../../lib/inference/policy/turns.ts';

const never = new AbortController().signal;

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Has callers wait in this order, and tells in which they were served. */
async function served(callers: readonly string[], maxQueue = 100): Promise<string[]> {
  const turns = new Turns({ slots: 1, maxQueue, timeoutMs: 10_000 });
  const order: string[] = [];
  const first = await turns.enter('first', never);
  const waiting = callers.map(async (caller, at) => {
    const slot = await turns.enter(caller, never);
    order.push(`${caller}${at}`);
    await settle();
    slot[Symbol.dispose]();
  });
  const refused = waiting.map(async (call, at) =>
    call.catch((error: { code: string }) => order.push(`${callers[at]}${at} ${error.code}`)),
  );
  first[Symbol.dispose]();
  await Promise.all(refused);
  return order;
}

describe('callers', () => {
  it('take turns, each in the order of its own calls', async () => {
    expect(await served(['a', 'a', 'a', 'b', 'a', 'c', 'b'])).toEqual([
      'a0',
      'b3',
      'c5',
      'a1',
      'b6',
      'a2',
      'a4',
    ]);
  });

  it('lose the last call of the one who has the most when the queue is full', async () => {
    const order = await served(['a', 'a', 'a', 'b'], 3);
    expect(order.filter((each) => each !== 'a2 inference-busy')).toEqual(['a0', 'b3', 'a1']);
    expect(order).toHaveLength(4);
  });
});

describe('a call that waits', () => {
  it('is turned away when it has waited too long, and the next is served all the same', async () => {
    const turns = new Turns({ slots: 1, maxQueue: 10, timeoutMs: 20 });
    const slot = await turns.enter('a', never);
    await expect(turns.enter('b', never)).rejects.toMatchObject({ code: 'inference-busy' });
    const next = turns.enter('c', never);
    slot[Symbol.dispose]();
    slot[Symbol.dispose](); // once is enough
    (await next)[Symbol.dispose]();
    expect([turns.running, turns.queued]).toEqual([0, 0]);
  });

  it('leaves with its caller', async () => {
    const turns = new Turns({ slots: 1, maxQueue: 10, timeoutMs: 10_000 });
    const slot = await turns.enter('a', never);
    const caller = new AbortController();
    const waiting = turns.enter('b', caller.signal);
    caller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    slot[Symbol.dispose]();
    expect([turns.running, turns.queued]).toEqual([0, 0]);
    await expect(turns.enter('b', caller.signal)).rejects.toThrow('gone');
  });
});
