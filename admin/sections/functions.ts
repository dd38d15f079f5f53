import type { AdminStatus, FunctionStatus, WorkerStatus } from '#lib/admin';

import { type Child, element } from '../element.ts';
import { duration, size } from '../format.ts';
import { type Section, section } from '../section.ts';
import { badge, table } from '../table.ts';

type RouteStatus = NonNullable<AdminStatus['routes']>[number];

/** Each Python function with its limits; `onTry` is called with the name of one that is to be tried. */
export function functions(onTry: (name: string) => void): Section {
  return section({
    id: 'functions',
    title: 'Functions',
    select: ({ workers, routes }) => ({ workers, routes }),
    render: ({ workers, routes }) => {
      if (!workers) return [element('p', { class: 'hint' }, 'Workers are being loaded.')];
      return [
        ...workers.flatMap((worker) => ofFile(worker, { title: worker.name, onTry })),
        ...(routes ?? []).flatMap((route) => ofFile(route, { title: addressOf(route) })),
        workers.length === 0 && element('p', { class: 'hint' }, 'There is no file in workers/.'),
      ];
    },
  });
}

interface FileOptions {
  readonly title: string;
  /** Absent where it is called otherwise. */
  readonly onTry?: (name: string) => void;
}

function ofFile(worker: WorkerStatus, { title, onTry }: FileOptions): Child[] {
  const heading = element('h3', {}, title, ' ', element('code', { class: 'file' }, worker.file));
  if ('error' in worker)
    return [heading, element('p', { class: 'fault' }, badge('bad', 'does not load'), ' ', worker.error)];
  const note = worker.spawns !== null && element('p', { class: 'hint' }, `Not forked: ${worker.spawns}`);
  const columns = ['Function', 'Time', 'CPU', 'Memory', 'Output', 'Disk', 'Processes', 'Isolation'];
  const rows = worker.functions.map((each) => [
    [element('code', {}, each.name), ...remarksOf(each)],
    duration(each.limits.timeoutMs),
    duration(each.limits.cpuMs),
    [size(each.limits.memoryBytes), element('span', { class: 'why' }, `fits ${each.fits} times`)],
    size(each.limits.outputBytes),
    size(each.limits.diskBytes),
    String(each.limits.processes),
    each.isolation,
    ...(onTry ? [each.error === null && tryButton(`${worker.name}.${each.name}`, onTry)] : []),
  ]);
  return [
    heading,
    note,
    table({
      label: `Functions of ${worker.file}`,
      columns: [...columns, ...(onTry ? ['Try'] : [])],
      wide: ['Function'],
      rows,
    }),
  ];
}

function remarksOf({ error, description, streams, access }: FunctionStatus): Child[] {
  const [summary] = (description ?? '').split('\n');
  return [
    streams && badge('plain', 'streams'),
    access === 'public' && badge('warn', 'public'),
    summary !== '' && element('span', { class: 'why' }, summary),
    error !== null && element('span', { class: 'fault' }, error),
  ];
}

function addressOf({ method, path }: RouteStatus): string {
  return `${method ?? 'any'} ${path}`;
}

function tryButton(name: string, onTry: (name: string) => void): HTMLElement {
  const button = element('button', { type: 'button', 'aria-label': `Try ${name}` }, 'Try');
  button.addEventListener('click', () => onTry(name));
  return button;
}
