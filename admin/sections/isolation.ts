import type { AdminStatus } from '#lib/admin';

import { element } from '../element.ts';
import { section } from '../section.ts';
import { badge, table } from '../table.ts';

type Rule = AdminStatus['enforcement'][number];

/** What this host was seen to enforce. */
export const isolation = () =>
  section({
    id: 'isolation',
    title: 'Isolation',
    select: ({ enforcement }) => enforcement,
    render: (rules) => [
      element(
        'p',
        { class: 'hint' },
        'What this service promises of its Python processes, and whether an attempt to break it on this host was refused.',
      ),
      table({
        label: 'Rules of the isolation',
        columns: ['Rule', 'State', 'What was seen'],
        rows: rules.map((rule) => [rule.name, stateOf(rule), rule.detail || '–']),
      }),
    ],
  });

function stateOf({ state, byDesign }: Rule): HTMLElement {
  if (byDesign) return badge('plain', `${state} by design`);
  return badge(state === 'enforced' ? 'good' : state === 'open' ? 'bad' : 'warn', state);
}
