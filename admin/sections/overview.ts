import type { AdminStatus } from '#lib/admin';

import { type Child, element } from '../element.ts';
import { duration, size } from '../format.ts';
import { section } from '../section.ts';
import { badge, type Mood } from '../table.ts';

/** The parts of the service, and what they use of the instance. */
export const overview = () =>
  section({
    id: 'overview',
    title: 'Overview',
    select: ({ health, commit, node, requests, memory, python, storage }) => ({
      health,
      commit,
      node,
      requests,
      memory,
      python,
      storage,
    }),
    render: (shown) => [
      element(
        'div',
        { class: 'tiles' },
        ofService(shown),
        ofPython(shown),
        ofMemory(shown),
        ofStorage(shown),
        ofInference(shown),
      ),
    ],
  });

type Shown = Pick<AdminStatus, 'health' | 'commit' | 'node' | 'requests' | 'memory' | 'python' | 'storage'>;

function ofService({ health: { state, version, uptime }, commit, node, requests }: Shown): HTMLElement {
  return tile('Service', state === 'ready' ? 'good' : 'warn', state, [
    ['Version', version],
    ['Commit', commit === null ? 'not told' : element('code', { title: commit }, commit.slice(0, 10))],
    ['Up for', duration(uptime * 1000)],
    ['Node', node],
    ['Requests', `${requests.inFlight} of ${requests.max}`],
  ]);
}

function ofPython({ health, python: { running, slots, queued, maxQueue } }: Shown): HTMLElement {
  const { ok, version } = health.checks.python;
  return tile('Python', ok ? 'good' : 'bad', ok ? 'running' : 'down', [
    ['Running', meter('Python slots in use', running, { max: slots, text: `${running} of ${slots}` })],
    ['Queued', meter('Places in the queue', queued, { max: maxQueue, text: `${queued} of ${maxQueue}` })],
    ['Version', version],
  ]);
}

function ofMemory({ memory }: Shown): HTMLElement {
  const { instance, limitBytes, serverBytes, workersBytes, reservedBytes, budgetBytes } = memory;
  const total = instance?.totalBytes ?? limitBytes;
  const used = instance ? total - instance.leftBytes : serverBytes + workersBytes;
  const isShort = used > total * 0.9;
  return tile('Memory', isShort ? 'bad' : 'good', isShort ? 'short' : 'enough', [
    ['Instance', meter('Memory in use', used, { max: total, text: `${size(used)} of ${size(total)}` })],
    ['Limit', size(limitBytes)],
    ['Server', size(serverBytes)],
    ['Idle workers', size(workersBytes)],
    ['Reserved', `${size(reservedBytes)} of ${size(budgetBytes)}`],
  ]);
}

function ofStorage({ storage: { durability, place, fault } }: Shown): HTMLElement {
  const lasts = durability === 'persistent';
  const mood = fault === null ? (lasts ? 'good' : 'warn') : 'bad';
  return tile('Storage', mood, fault === null ? durability : 'down', [
    ['Files last', lasts ? 'over deploys' : 'until a deploy'],
    ['Kept in', place ?? 'a temporary folder'],
  ]);
}

function ofInference({ health: { checks } }: Shown): HTMLElement {
  const { inference } = checks;
  if (!inference) return tile('Inference', 'plain', 'not configured', []);
  const { ok, backend, circuits, running, queued } = inference;
  const rows = Object.entries(circuits).map(([name, state]): Row => [
    name,
    badge(state === 'closed' ? 'good' : state === 'open' ? 'bad' : 'warn', `circuit ${state}`),
  ]);
  return tile('Inference', ok ? 'good' : 'bad', ok ? 'available' : 'down', [
    ['Asked first', backend ?? 'none'],
    ...rows,
    ['Calls', `${running} running, ${queued} queued`],
  ]);
}

type Row = readonly [label: string, value: Child];

function tile(name: string, mood: Mood, state: string, rows: readonly Row[]): HTMLElement {
  return element(
    'div',
    { class: 'tile', role: 'group', 'aria-label': name },
    element('h3', {}, name, ' ', badge(mood, state)),
    element(
      'dl',
      {},
      ...rows.map(([label, value]) => element('div', {}, element('dt', {}, label), element('dd', {}, value))),
    ),
  );
}

function meter(
  label: string,
  value: number,
  { max, text }: { readonly max: number; readonly text: string },
): HTMLElement {
  const bar = element('meter', { min: 0, max, high: max * 0.9, optimum: 0, value, 'aria-label': label });
  return element('span', { class: 'metered' }, text, bar);
}
