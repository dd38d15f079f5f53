import type { AdminStatus } from '#lib/admin';

import { element } from '../element.ts';
import { section } from '../section.ts';
import { badge, table } from '../table.ts';

type Setting = AdminStatus['configuration'][number];

/** Every variable, with the value in effect. */
export const configuration = () =>
  section({
    id: 'configuration',
    title: 'Configuration',
    select: ({ configuration: settings }) => settings,
    render: (settings) => {
      const [set, others] = [true, false].map((isSet) =>
        settings.filter(({ source }) => (source === 'set') === isSet),
      );
      return [
        element('p', { class: 'hint' }, 'Of a secret, only the first characters of its digest are shown.'),
        listOf('Variables that are set', set ?? []),
        element(
          'details',
          {},
          element('summary', {}, `Defaults (${others?.length ?? 0})`),
          listOf('Variables that are not set', others ?? []),
        ),
      ];
    },
  });

function listOf(label: string, settings: readonly Setting[]): HTMLElement {
  const rows = settings.map(({ name, value, source, fingerprint, description, planned }) => [
    [element('code', {}, name), element('span', { class: 'why' }, description)],
    [
      element('code', { class: 'value' }, value),
      fingerprint !== undefined && element('span', { class: 'why' }, `digest ${fingerprint}…`),
    ],
    planned ? badge('plain', 'no effect yet') : badge(source === 'set' ? 'good' : 'plain', source),
  ]);
  return table({ label, columns: ['Variable', 'Value', 'From'], wide: ['Variable', 'Value'], rows });
}
