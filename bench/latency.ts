import { describeLatency, type Row } from './report.ts';
import { type Turn, takeTurns } from './rounds.ts';
import { median } from './statistics.ts';
import type { Subject } from './subject.ts';

interface Subjects {
  readonly service: Subject;
  readonly spawning: Subject;
  readonly persistent: Subject;
}

const rounds = 6;

/** One caller, request after request. */
export async function measureLatency({ service, spawning, persistent }: Subjects): Promise<Row[]> {
  const measured = await takeTurns(
    {
      service: turn(service, 100),
      spawning: turn(spawning, 5),
      persistent: turn(persistent, 100),
    },
    rounds,
  );
  const p50 = median(measured.service.latenciesMs);
  const figures = describeLatency('service', measured.service);
  return [
    {
      measure: 'One caller, p50: spawning ÷ service',
      result: { value: median(measured.spawning.latenciesMs) / p50, unit: '×' },
      figures: [figures, describeLatency('spawning', measured.spawning)],
      target: 'latencyRatio',
    },
    {
      measure: 'One caller, p50: service ÷ persistent process',
      result: { value: p50 / median(measured.persistent.latenciesMs), unit: '×' },
      figures: [figures, describeLatency('persistent', measured.persistent)],
    },
  ];
}

function turn(subject: Subject, maxCalls: number): Turn {
  return { subject, bounds: { callers: 1, maxCalls, maxMs: 15_000 } };
}
