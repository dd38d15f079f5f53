import type { AdminStatus } from '#lib/admin';

import { element } from '../element.ts';
import { section } from '../section.ts';
import { badge, table } from '../table.ts';

type Rule = AdminStatus['enforcement'][number];

/** What this host was seen to enforce, and before that what it was not. */
export const isolation = () =>
  section({
    id: 'isolation',
    title: 'Isolation',
    select: ({ enforcement }) => enforcement,
    render: (rules) => {
      const enforced = rules.filter(({ state }) => state === 'enforced');
      const others = rules.filter(({ state }) => state !== 'enforced');
      return [
        element(
          'p',
          { class: 'hint' },
          'What this service promises of its Python processes, and whether an attempt to break it on this host was refused.',
        ),
        others.length > 0 && listOf('Rules that are not enforced', others),
        enforced.length > 0 &&
          element(
            'details',
            {},
            element('summary', {}, `Enforced (${enforced.length} of ${rules.length})`),
            listOf('Rules that are enforced', enforced),
          ),
      ];
    },
  });

function listOf(label: string, rules: readonly Rule[]): HTMLElement {
  return table({
    label,
    columns: ['Rule', 'State', 'What was seen'],
    wide: ['Rule', 'What was seen'],
    rows: rules.map((rule) => [rule.name, stateOf(rule), rule.detail || '–']),
  });
}

function stateOf({ state, byDesign }: Rule): HTMLElement {
  if (byDesign) return badge('plain', `${state} by design`);
  return badge(state === 'enforced' ? 'good' : state === 'open' ? 'bad' : 'warn', state);
}
