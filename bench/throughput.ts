import { describeThroughput, type Row } from './report.ts';
import { type Turn, takeTurns } from './rounds.ts';
import type { Subject } from './subject.ts';

interface Subjects {
  /** With the default HEADY_PY_MAX_CONCURRENCY. */
  readonly service: Subject;
  /** With as many Python slots as there are callers. */
  readonly wideService: Subject;
  readonly spawning: Subject;
  readonly persistent: Subject;
  /** The service's reused process. */
  readonly reused: Subject;
  readonly fastapi: Subject;
}

export const callers = 8;
const rounds = 2;
const roundMs = 5000;

/** Eight callers at once. */
export async function measureThroughput(subjects: Subjects): Promise<Row[]> {
  const { service, wideService, spawning, persistent, reused, fastapi } = await takeTurns(
    {
      service: turn(subjects.service),
      wideService: turn(subjects.wideService),
      spawning: turn(subjects.spawning),
      persistent: turn(subjects.persistent),
      reused: turn(subjects.reused),
      fastapi: turn(subjects.fastapi),
    },
    rounds,
  );
  const spawned = describeThroughput('spawning', spawning);
  return [
    {
      measure: `${callers} callers: service ÷ spawning`,
      result: { value: service.perSecond / spawning.perSecond, unit: '×' },
      figures: [describeThroughput('service', service), spawned],
      target: 'throughputRatio',
    },
    {
      measure: `the same with HEADY_PY_MAX_CONCURRENCY=${callers}`,
      result: { value: wideService.perSecond / spawning.perSecond, unit: '×' },
      figures: [describeThroughput('service', wideService), spawned],
    },
    {
      measure: `${callers} callers: persistent process ÷ service`,
      result: { value: persistent.perSecond / service.perSecond, unit: '×' },
      figures: [describeThroughput('persistent', persistent), describeThroughput('service', service)],
    },
    {
      measure: `${callers} callers: isolation="reuse" ÷ FastAPI on uvicorn`,
      result: { value: reused.perSecond / fastapi.perSecond, unit: '×' },
      figures: [describeThroughput('reuse', reused), describeThroughput('FastAPI', fastapi)],
      target: 'reuseRatio',
    },
  ];
}

function turn(subject: Subject): Turn {
  return { subject, bounds: { callers, maxCalls: 50_000, maxMs: roundMs } };
}
