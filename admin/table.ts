import { type Child, element } from './element.ts';

/** A cell: what it shows, or several things. */
export type Cell = Child | readonly Child[];

interface TableOptions {
  /** What the table is, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly string[];
  /** Of them, those with text that may wrap: the others are as wide as they need be. */
  readonly wide: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A table that is a list of cards on a narrow screen; the roles are said as `display` would take them away there. */
export function table({ label, columns, wide, rows }: TableOptions): HTMLElement {
  const head = columns.map((name) => element('th', { role: 'columnheader', scope: 'col' }, name));
  return element(
    'table',
    { role: 'table', 'aria-label': label },
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...head)),
    element('tbody', { role: 'rowgroup' }, ...rows.map((cells) => row(cells, { columns, wide }))),
  );
}

function row(cells: readonly Cell[], { columns, wide }: Pick<TableOptions, 'columns' | 'wide'>): HTMLElement {
  const made = cells.map((cell, index) => {
    const { [index]: name = '' } = columns;
    const attributes = { role: 'cell', class: wide.includes(name) && 'wide', 'data-label': name };
    return element('td', attributes, element('div', {}, ...[cell].flat()));
  });
  return element('tr', { role: 'row' }, ...made);
}

export type Mood = 'good' | 'warn' | 'bad' | 'plain';

/** A word that says how something is; its colour says it again. */
export function badge(mood: Mood, text: string): HTMLElement {
  return element('span', { class: `badge ${mood}` }, text);
}

/** How long ago something was; {@link updateAges} keeps it true. */
export function ago(at: string): HTMLElement {
  return element('time', { datetime: at, title: new Date(at).toLocaleString() });
}
