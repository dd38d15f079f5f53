import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Load } from '../../lib/overload/index.ts';

let now: number;
let ends: (() => void)[];
let refused: number;
let load: Load;

beforeEach(() => {
  now = 60_000;
  ends = [];
  refused = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.stubGlobal('setImmediate', (end: () => void) => ends.push(end));
  load = new Load(1000, () => (refused += 1));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A turn of the event loop that takes so long; tells how many of its requests, evenly over it, find it over. */
function turn(ms: number, requests = 100): number {
  let over = 0;
  for (let index = 0; index < requests; index += 1) {
    load.started();
    if (load.isOver) over += 1;
    load.ended();
    now += ms / requests;
  }
  for (const end of ends.splice(0)) end();
  return over;
}

function turns(count: number, ms: number): number[] {
  return Array.from({ length: count }, () => turn(ms));
}

describe('load', () => {
  it('is shed once all turns of half a second have been long, but for what fits into a tenth of one', () => {
    expect(turns(3, 200)).toEqual([0, 0, 0]);
    const [last] = turns(3, 200).slice(-1);
    expect(last).toBeGreaterThan(40);
    expect(last).toBeLessThan(60);
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

  it('is taken again when turns are short for half a second', () => {
    turns(6, 200);
    expect(turn(200)).toBeGreaterThan(0);
    turns(60, 10);
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
