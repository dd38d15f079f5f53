import type { AdminStatus } from '#lib/admin';

import { element } from '../element.ts';
import { section } from '../section.ts';
import { ago, badge, table } from '../table.ts';

/** Which keys are in use: one that is not, any more, can be given up. */
export const keys = () =>
  section({
    id: 'keys',
    title: 'Keys',
    select: ({ keys: all }) => all,
    render: (all) => [
      element('p', { class: 'hint' }, 'What has been used since the start of this instance.'),
      table({
        label: 'Keys and how they have been used',
        columns: ['Key', 'Requests', 'Last used', 'Scopes'],
        wide: ['Scopes'],
        rows: all.map(cellsOf),
      }),
    ],
  });

function cellsOf({ name, requests, lastUsedAt, scopes }: AdminStatus['keys'][number]) {
  return [
    element('code', {}, name),
    String(requests),
    lastUsedAt === null ? 'not used' : ago(lastUsedAt),
    scopes.map((scope) => badge('plain', scope)),
  ];
}
