import type { AdminStatus, FunctionStatus, WorkerStatus } from '#lib/admin';

import { element } from '../element.ts';
import { counted } from '../format.ts';
import { section } from '../section.ts';
import { badge } from '../table.ts';
import { moodOf } from './invocations.ts';

interface Concern {
  /** `bad`: something does not work. `warn`: it is as it is, and should be known. */
  readonly mood: 'bad' | 'warn';
  readonly what: string;
  readonly why: string;
}

/** What is wrong, before all else. */
export const problems = () =>
  section({
    id: 'problems',
    title: 'What needs attention',
    isAnnounced: true,
    select: concernsOf,
    render: (concerns) => {
      const items = concerns.map(({ mood, what, why }) =>
        element(
          'li',
          { class: mood },
          badge(mood, mood === 'bad' ? 'fault' : 'note'),
          element('strong', {}, what),
          element('span', { class: 'why' }, why),
        ),
      );
      return items.length === 0
        ? [element('p', { class: 'well' }, badge('good', 'ok'), ' Nothing: everything works.')]
        : [element('ul', { class: 'concerns' }, ...items)];
    },
  });

/** The faults first. */
function concernsOf(status: AdminStatus): Concern[] {
  return [
    ...ofHealth(status),
    ...ofWorkers(status),
    ...ofInvocations(status),
    ...ofStorage(status),
    ...ofEnforcement(status),
    ...status.warnings.map((why) => ({ mood: 'warn' as const, what: 'Configuration', why })),
  ].toSorted((a, b) => Number(a.mood === 'warn') - Number(b.mood === 'warn'));
}

function ofHealth({ health }: AdminStatus): Concern[] {
  const degraded = (health.degraded ?? []).map((part) => ({
    mood: 'bad' as const,
    what: `${part} is degraded`,
    why: reasons[part] ?? '',
  }));
  if (health.state === 'ready') return degraded;
  return [...degraded, { mood: 'warn', what: `The service is ${health.state}`, why: '' }];
}

const reasons: Readonly<Record<string, string>> = {
  python: 'Python does not run at the moment: calls wait until it does.',
  storage: 'Files cannot be kept as configured.',
  inference: 'No inference backend answers: all circuits are open.',
};

function ofWorkers({ workers, routes }: AdminStatus): Concern[] {
  return [...(workers ?? []), ...(routes ?? [])].flatMap((worker: WorkerStatus) =>
    'error' in worker
      ? [{ mood: 'bad' as const, what: `${worker.file} does not load`, why: worker.error }]
      : worker.functions.flatMap((each) => ofFunction(worker, each)),
  );
}

function ofFunction({ name: worker }: WorkerStatus, { name, error, fits }: FunctionStatus): Concern[] {
  const what = `${worker}.${name} cannot be called`;
  if (error !== null) return [{ mood: 'bad', what, why: error }];
  if (fits > 0) return [];
  return [{ mood: 'bad', what, why: 'It declares more memory than this instance can give.' }];
}

function ofInvocations({ invocations }: AdminStatus): Concern[] {
  const failed = invocations.filter(({ outcome }) => moodOf(outcome) === 'bad');
  const [latest] = failed;
  if (!latest) return [];
  const what = `${failed.length} of the last invocations failed`;
  const why = `The latest, ${latest.outcome}: ${latest.detail ?? `${latest.worker}.${latest.function}`}`;
  return [{ mood: 'bad', what, why }];
}

function ofStorage({ storage: { durability, remark, fault } }: AdminStatus): Concern[] {
  if (fault !== null) return [{ mood: 'bad', what: 'The bucket does not work', why: fault }];
  if (remark === null) return [];
  const what = durability === 'persistent' ? 'Storage' : 'Files do not outlast a deploy';
  return [{ mood: 'warn', what, why: remark }];
}

function ofEnforcement({ enforcement }: AdminStatus): Concern[] {
  const open = enforcement.filter(({ state, byDesign }) => state === 'open' && !byDesign);
  const untested = enforcement.filter(({ state }) => state === 'untested');
  return [
    ...open.map(({ name, detail }) => ({
      mood: 'bad' as const,
      what: `Not enforced on this host: ${name}`,
      why: detail,
    })),
    ...(untested.length === 0
      ? []
      : [
          {
            mood: 'warn' as const,
            what: `${counted(untested.length, 'rule')} of the isolation not tested`,
            why: 'They are tested some seconds after the start. Until then, nothing is promised of them.',
          },
        ]),
  ];
}
