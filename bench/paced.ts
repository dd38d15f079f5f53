import { setTimeout as delay } from 'node:timers/promises';

import type { Series } from './callers.ts';
import type { Subject } from './subject.ts';

export interface Pace {
  readonly perSecond: number;
  readonly calls: number;
}

/** Sends a call at each of evenly spaced times, whether the one before is answered or not. */
export async function runPaced(subject: Subject, { perSecond, calls }: Pace): Promise<Series> {
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  const call = async (number: number) => {
    const dueAt = startedAt + (number * 1000) / perSecond;
    await delay(Math.max(0, dueAt - performance.now()));
    const sentAt = performance.now();
    await subject.call();
    latenciesMs.push(performance.now() - sentAt);
  };
  await Promise.all(Array.from({ length: calls }, (_, number) => call(number)));
  return { latenciesMs, perSecond };
}
