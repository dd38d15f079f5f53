import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Load } from '../../lib/overload/index.ts';
import { watchTurns } from '../../lib/overload/turns.ts';

let now: number;
let cpuMs: number;
let endTurn: (cpuMs: number) => void;
let refused: number;
let load: Load;

beforeEach(() => {
  [now, cpuMs, refused] = [60_000, 0, 0];
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const watch = (tell: typeof endTurn) => {
    endTurn = tell;
    return {
      get cpuMs() {
        return cpuMs;
      },
      [Symbol.dispose]: () => {},
    };
  };
  load = new Load(1000, () => (refused += 1), watch);
});
afterEach(() => vi.restoreAllMocks());

interface Taken {
  readonly requests?: number;
  /** Of the time, what the host gave no CPU for. */
  readonly pauseMs?: number;
}

/** A turn of the event loop that takes so much CPU time; tells how many of its requests, evenly over it, find it over. */
function turn(ms: number, { requests = 200, pauseMs = 0 }: Taken = {}): number {
  let over = 0;
  cpuMs = 0;
  now += pauseMs;
  for (let index = 0; index < requests; index += 1) {
    load.started();
    if (load.isOver) over += 1;
    load.ended();
    cpuMs += ms / requests;
    now += (ms + pauseMs) / requests;
  }
  endTurn(cpuMs);
  return over;
}

describe('load', () => {
  it('is taken as ever in a burst', () => {
    for (let round = 0; round < 20; round += 1) expect([turn(2000), turn(90)]).toEqual([0, 0]);
  });

  it('is shed in the second long turn after the other, and all of what comes after it', () => {
    expect(turn(200)).toBe(0);
    expect(turn(200)).toBeGreaterThan(90);
    expect(turn(200)).toBe(200);
    turn(5);
    expect([turn(90), turn(200)]).toEqual([0, 0]);
  });

  it('is shed as well where it is requests of before that keep the loop', () => {
    for (let index = 0; index < 500; index += 1) load.started();
    endTurn(500);
    endTurn(500);
    expect(load.isOver).toBe(true);
    endTurn(90);
    expect(load.isOver).toBe(false);
  });

  it('is taken as ever in a pause of the host, and after it', () => {
    expect([turn(20, { pauseMs: 5000 }), turn(20)]).toEqual([0, 0]);
  });

  it('is taken as ever where few requests take long each', () => {
    for (let round = 0; round < 20; round += 1) expect(turn(400, { requests: 4 })).toBe(0);
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
  it('tells what CPU time a turn took, and has it turn no sooner', async () => {
    vi.restoreAllMocks();
    const told: number[] = [];
    using _ = watchTurns((ms) => told.push(ms));
    await delay(200);
    const before = told.length;
    await delay(200);
    expect(told.length - before).toBeLessThan(50);
    const spent = () => process.threadCpuUsage().user;
    const until = spent() + 100_000;
    while (spent() < until);
    await delay(50);
    expect(Math.max(...told)).toBeGreaterThan(95);
  });
});
