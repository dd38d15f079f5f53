import { setTimeout as delay } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { Feed } from '../../lib/admin/feed.ts';

const everyMs = 5;

/** A feed that counts the samples it takes. */
function counting() {
  const taken = { count: 0 };
  const draining = new AbortController();
  const faults: unknown[] = [];
  const feed = new Feed({
    everyMs,
    sample: async () => `sample ${(taken.count += 1)}`,
    until: draining.signal,
    onError: (error) => faults.push(error),
  });
  return { feed, taken, draining, faults };
}

it('takes one sample for all who read, and none when nobody does', async () => {
  const { feed, taken } = counting();
  await delay(5 * everyMs);
  expect(taken.count).toBe(0);
  const readers = [feed.read(), feed.read(), feed.read()];
  for (const reader of readers) await reader.next();
  expect(taken.count).toBe(readers.length); // each has one at once
  const shared = await Promise.all(readers.map((reader) => reader.next()));
  expect(new Set(shared.map(({ value }) => value)).size).toBe(1);
  await Promise.all(readers.map((reader) => reader.return(undefined)));
  await delay(5 * everyMs);
  const { count } = taken;
  await delay(20 * everyMs);
  expect(taken.count).toBe(count);
});

it('serves who comes after all have left', async () => {
  const { feed } = counting();
  for (let turn = 0; turn < 3; turn += 1) {
    const reader = feed.read();
    expect(await reader.next()).toMatchObject({ done: false });
    expect(await reader.next()).toMatchObject({ done: false });
    await reader.return(undefined);
    await delay(5 * everyMs);
  }
});

it('ends all readers, also one that was reading its first sample, and one that comes later', async () => {
  const { feed, draining } = counting();
  const [waiting, slow, late] = [feed.read(), feed.read(), feed.read()];
  await waiting.next();
  const next = waiting.next();
  const first = slow.next();
  draining.abort();
  expect(await first).toMatchObject({ done: false });
  for (const end of [next, slow.next()]) expect((await end).done).toBe(true);
  for await (const sample of late) expect(sample).toMatch(/^sample/);
});

it('ends readers where there is no sample, and says why', async () => {
  const { draining } = counting();
  const faults: unknown[] = [];
  const fault = new Error('no sample');
  const feed = new Feed({
    everyMs,
    sample: () => Promise.reject(fault),
    until: draining.signal,
    onError: (error) => faults.push(error),
  });
  expect((await feed.read().next()).done).toBe(true);
  expect(faults).toContain(fault);
});
