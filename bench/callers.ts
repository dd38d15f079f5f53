import type { Subject } from './subject.ts';

export interface Bounds {
  readonly callers: number;
  /** Over all callers; the loops end at the first of the two. */
  readonly maxCalls: number;
  readonly maxMs: number;
}

export interface Series {
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
}

/** Has callers send request after request, all at once. */
export async function runCallers(subject: Subject, { callers, maxCalls, maxMs }: Bounds): Promise<Series> {
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  let started = 0;
  const caller = async () => {
    let calls = 0;
    let now = performance.now();
    while (now - startedAt < maxMs && started < maxCalls) {
      started += 1;
      const sentAt = now;
      await subject.call();
      now = performance.now();
      latenciesMs.push(now - sentAt);
      calls += 1;
    }
    return calls === 0 ? 0 : (calls * 1000) / (now - startedAt);
  };
  // Each caller's own rate: one's last call may end well after the others', which is no idle time of theirs.
  const rates = await Promise.all(Array.from({ length: callers }, caller));
  return { latenciesMs, perSecond: rates.reduce((sum, rate) => sum + rate, 0) };
}
