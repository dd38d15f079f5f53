import type { InvocationStatus } from '#lib/admin';

import { element } from '../element.ts';
import { duration, size } from '../format.ts';
import { section } from '../section.ts';
import { ago, badge, type Mood, table } from '../table.ts';

/** The last calls of Python functions, however they ended. */
export const invocations = () =>
  section({
    id: 'invocations',
    title: 'Last invocations',
    select: ({ invocations: last }) => last,
    render: (last) =>
      last.length === 0
        ? [element('p', { class: 'hint' }, 'No function has been called since the start.')]
        : [
            table({
              label: 'Last invocations, the newest first',
              columns: ['Function', 'When', 'Ran', 'Waited', 'Peak memory', 'Outcome', 'Request'],
              wide: ['Outcome', 'Request'],
              rows: last.map(cellsOf),
            }),
          ],
  });

function cellsOf(invocation: InvocationStatus) {
  const { startedAt, worker, function: name, outcome, detail, queueMs, runMs } = invocation;
  const { peakMemoryBytes, requestId } = invocation;
  return [
    element('code', {}, `${worker}.${name}`),
    ago(startedAt),
    duration(runMs),
    duration(queueMs),
    peakMemoryBytes > 0 ? size(peakMemoryBytes) : '–',
    [badge(moodOf(outcome), outcome), detail !== undefined && element('span', { class: 'why' }, detail)],
    element('code', { class: 'id' }, requestId),
  ];
}

/** What the caller got wrong is no fault of the function. */
export function moodOf(outcome: string): Mood {
  if (outcome === 'ok') return 'good';
  return /^(?:canceled|invalid-input|worker-busy|http-4\d+)$/.test(outcome) ? 'warn' : 'bad';
}
