import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Load } from '../../lib/overload/index.ts';
import { watchTurns } from '../../lib/overload/turns.ts';

let now: number;
let cpuMs: number;
let endTurn: (cpuMs: number) => void;
let refused: number;
let told: string[];
let load: Load;

beforeEach(() => {
  [now, cpuMs, refused, told] = [60_000, 0, 0, []];
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

/** Something takes so much CPU time, and the host gives none for a while. */
function pass(ms: number, pauseMs = 0): void {
  cpuMs += ms;
  now += ms + pauseMs;
}

/** The present turn of the event loop ends, after so much work more; then what waits is begun in the next one. */
async function turn(ms = 0): Promise<void> {
  pass(ms);
  const took = cpuMs;
  cpuMs = 0;
  endTurn(took);
  await nextTurn();
}

interface Come {
  /** What it takes to serve it, or to refuse it. */
  readonly ms?: number;
  readonly gone?: boolean;
  readonly address?: string;
}

/** A request comes; what becomes of it is told by its name, of which the first letter is its sender's. */
function come(name: string, { ms = 1, gone = false, address }: Come = {}): void {
  load.started(address);
  const serve = () => {
    told.push(name);
    pass(ms);
  };
  const refuse = () => {
    told.push(`no ${name}`);
    pass(ms);
  };
  load.take({ sender: name.slice(0, 1), address, isGone: () => gone, serve, refuse });
}

/** What has become of requests since this was asked last. */
function outcome(): string[] {
  return told.splice(0);
}

describe('load', () => {
  it('is served at once, however much comes one after the other, and after a pause of the host', async () => {
    for (let round = 0; round < 20; round += 1) {
      for (const name of ['a', 'b', 'c']) come(name, { ms: 2 });
      pass(0, 5000);
      come('d');
      await turn();
    }
    expect(outcome()).toHaveLength(80);
  });

  it('waits when a turn is long, and is begun a few in a turn', async () => {
    for (let index = 0; index < 76; index += 1) come(`a${index}`);
    expect([outcome().length, load.waiting]).toEqual([26, 50]);
    await turn();
    expect(outcome(), 'as none has been for a while').toEqual(['a26']);
    await turn(10);
    expect(outcome(), 'what has been begun is still to be done').toEqual([]);
    await turn();
    expect(outcome()).toEqual(['a27', 'a28']);
    await turn(1);
    await turn(1);
    expect(outcome()).toEqual(['a29']);
    come('b');
    expect(outcome(), 'nobody goes before those who wait').toEqual([]);
  });

  it('is begun all at once where what waits is little', async () => {
    for (let index = 0; index < 30; index += 1) come(`a${index}`);
    expect([outcome().length, load.waiting]).toEqual([26, 4]);
    await turn();
    await turn();
    await turn();
    expect(outcome()).toEqual(['a26', 'a27', 'a28', 'a29']);
  });

  it('takes turns by who has sent it', async () => {
    pass(30);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) come(name);
    for (let round = 0; round < 12; round += 1) await turn();
    expect(outcome()).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('takes turns between keys and addresses without one, however many those are', async () => {
    pass(30);
    for (let index = 0; index < 8; index += 1) come(`${index}`, { address: `192.0.2.${index}` });
    for (const name of ['a1', 'a2', 'a3']) come(name);
    for (let round = 0; round < 20; round += 1) await turn();
    expect(outcome()).toEqual(['0', 'a1', '1', 'a2', '2', 'a3', '3', '4', '5', '6', '7']);
  });

  it('is refused where too much waits: of whoever has the most the oldest, and the newest is served', async () => {
    for (let index = 0; index < 3; index += 1) come('b', { ms: 5 });
    await turn();
    outcome();
    pass(30);
    come('b1');
    for (let index = 0; index < 257; index += 1) come(`a${index}`);
    expect([outcome(), refused, load.waiting]).toEqual([['no a0', 'no a1'], 2, 256]);
    for (let round = 0; round < 4; round += 1) await turn();
    expect(outcome().slice(0, 4)).toEqual(['b1', 'a256', 'a255', 'a254']);
    for (let round = 0; round < 400; round += 1) await turn();
    expect(load.waiting).toBe(0);
  });

  it('waits, however much there is, where it takes little', async () => {
    for (let index = 0; index < 150; index += 1) come('a', { ms: 0.1 });
    await turn();
    pass(30);
    for (let index = 0; index < 700; index += 1) come('a', { ms: 0.1 });
    expect([refused, load.waiting]).toEqual([0, 700]);
  });

  it('is not taken for work where it comes and is refused', async () => {
    pass(30);
    for (let index = 0; index < 200; index += 1) come(`a${index}`, { ms: 0.2 });
    await turn();
    outcome();
    for (let index = 0; index < 40; index += 1) come(`a${index}`, { ms: 0.2 });
    await turn();
    expect(outcome().filter((name) => !name.startsWith('no')).length).toBeGreaterThan(1);
  });

  it('is refused when it has waited long, and forgotten where nobody waits for it', async () => {
    pass(30);
    come('a1');
    come('b1', { gone: true });
    pass(0, 3000);
    come('c1');
    pass(0, 2500);
    await turn();
    await turn();
    expect([outcome(), refused, load.waiting]).toEqual([['no a1', 'c1'], 1, 0]);
  });

  it('gets on while something else takes all the time', async () => {
    pass(30);
    for (let index = 0; index < 10; index += 1) come(`a${index}`);
    for (let round = 0; round < 10; round += 1) await turn(100);
    expect(outcome()).toHaveLength(10);
  });

  it('is bounded by what is in flight', () => {
    for (let index = 0; index < 999; index += 1) load.started();
    come('a');
    come('b');
    expect([outcome(), refused]).toEqual([['a', 'no b'], 1]);
    load.ended();
    load.ended();
    come('c');
    expect(outcome()).toEqual(['c']);
  });

  it('is bounded to half of that for an address that gives no key', () => {
    const [address, other] = ['192.0.2.1', '192.0.2.2'];
    for (let index = 0; index < 500; index += 1) load.started(address);
    come('a', { address });
    come('b', { address: other });
    come('c');
    expect(outcome()).toEqual(['no a', 'b', 'c']);
    load.ended(address);
    load.ended(address);
    come('a', { address });
    expect(outcome()).toEqual(['a']);
  });
});

describe('watching the event loop', () => {
  it('tells what CPU time a turn took, and has it turn no sooner', async () => {
    vi.restoreAllMocks();
    const turns: number[] = [];
    using _ = watchTurns((ms) => turns.push(ms));
    await delay(200);
    const before = turns.length;
    await delay(200);
    expect(turns.length - before).toBeLessThan(50);
    const spent = () => process.threadCpuUsage().user;
    const until = spent() + 100_000;
    while (spent() < until);
    await delay(50);
    expect(Math.max(...turns)).toBeGreaterThan(95);
  });
});
