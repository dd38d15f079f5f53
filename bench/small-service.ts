import { runPaced } from './paced.ts';
import { describeLatency, type Row } from './report.ts';
import { median, percentile } from './statistics.ts';
import type { Subject } from './subject.ts';

interface Subjects {
  readonly service: Subject;
  /** The same function in one unisolated process, behind the same HTTP server. */
  readonly unisolated: Subject;
}

const rounds = 6;
const pace = { perSecond: 20, calls: 100 };

/** As a small service lives: one caller, twenty requests a second. */
export async function measureSmallService({ service, unisolated }: Subjects): Promise<Row[]> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(...(await runPaced(service, pace)).latenciesMs);
    theirs.push(...(await runPaced(unisolated, pace)).latenciesMs);
  }
  const figures = [
    describeLatency('service', { latenciesMs: ours, perSecond: pace.perSecond }),
    describeLatency('unisolated', { latenciesMs: theirs, perSecond: pace.perSecond }),
  ];
  return [
    {
      measure: `${pace.perSecond} requests a second, p50: service ÷ unisolated process`,
      result: { value: median(ours) / median(theirs), unit: '×' },
      figures,
      target: 'pacedMedian',
    },
    {
      measure: `${pace.perSecond} requests a second, p99: service ÷ unisolated process`,
      result: { value: percentile(ours, 99) / percentile(theirs, 99), unit: '×' },
      figures,
      target: 'pacedTail',
    },
  ];
}
