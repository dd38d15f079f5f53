import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Load } from '../../lib/overload/index.ts';
import { watchTurns } from '../../lib/overload/turns.ts';

let now: number;
let endTurn: (busyMs: number) => void;
let refused: number;
let load: Load;

beforeEach(() => {
  now = 60_000;
  refused = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const watch = (tell: typeof endTurn) => {
    endTurn = tell;
    return { [Symbol.dispose]: () => {} };
  };
  load = new Load(1000, () => (refused += 1), watch);
});
afterEach(() => vi.restoreAllMocks());

/** A turn of the event loop that takes so long; tells how many of its requests, evenly over it, find it over. */
function turn(ms: number, requests = 100): number {
  let over = 0;
  for (let index = 0; index < requests; index += 1) {
    load.started();
    if (load.isOver) over += 1;
    load.ended();
    now += ms / requests;
  }
  endTurn(ms);
  return over;
}

function turns(count: number, ms: number): number[] {
  return Array.from({ length: count }, () => turn(ms));
}

describe('load', () => {
  it('is shed once all turns of a second have been long, all of what comes after a long one', () => {
    expect(turns(5, 200)).toEqual([0, 0, 0, 0, 0]);
    expect(turn(200)).toBe(100);
  });

  it('is then taken after a short turn, for the time that a turn should take', () => {
    turns(6, 200);
    turn(5);
    expect(turn(100)).toBeGreaterThan(40);
    expect(turn(5)).toBe(100);
    expect(turn(5)).toBe(0);
  });

  it('is taken as ever after one pause, however long and full it was', () => {
    expect([turn(3000), ...turns(3, 20)]).toEqual([0, 0, 0, 0]);
    now += 60_000;
    expect([turn(3000), ...turns(3, 20)]).toEqual([0, 0, 0, 0]);
  });

  it('is taken as ever while some turns are short', () => {
    for (let round = 0; round < 20; round += 1) expect([turn(300), turn(20)]).toEqual([0, 0]);
  });

  it('is taken as ever where few requests take long each', () => {
    for (let round = 0; round < 20; round += 1) expect(turn(400, 4)).toBe(0);
  });

  it('is shed as well where it is requests of before that keep the loop', () => {
    for (let index = 0; index < 500; index += 1) load.started();
    turns(6, 200);
    expect(load.isOver).toBe(true);
  });

  it('is taken again when turns have been short for a second', () => {
    turns(7, 200);
    turns(120, 10);
    expect(turn(90)).toBe(0);
    expect(turn(90)).toBe(0);
  });

  it('is bounded by what is in flight, whatever the turns', () => {
    for (let index = 0; index < 1000; index += 1) load.started();
    expect(load.isOver).toBe(false);
    load.started();
    expect(() => load.refuseOverload()).toThrow('more to do');
    expect(refused).toBe(1);
    load.ended();
    expect(load.isOver).toBe(false);
  });
});

describe('watching the event loop', () => {
  it('tells how long a turn was busy, and has it turn no sooner', async () => {
    vi.restoreAllMocks();
    const told: number[] = [];
    using _ = watchTurns((busyMs) => told.push(busyMs));
    await delay(200);
    const before = told.length;
    await delay(200);
    expect(told.length - before).toBeLessThan(50);
    const until = performance.now() + 100;
    while (performance.now() < until);
    await delay(50);
    expect(Math.max(...told)).toBeGreaterThan(95);
  });
});
