import type { AdminStatus } from '#lib/admin';

import { type Child, element } from './element.ts';

/** A part of the page that shows a part of the status. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly root: HTMLElement;
  update(status: AdminStatus): void;
}

interface SectionOptions<Shown> {
  readonly id: string;
  readonly title: string;
  /** Whether a screen reader says it when it changes. */
  readonly isAnnounced?: true;
  /** What of the status is shown. */
  readonly select: (status: AdminStatus) => Shown;
  readonly render: (shown: Shown) => readonly Child[];
}

/** A section that is made anew when what it shows is another, and else left as it is, with focus and selection. */
export function section<Shown>({ id, title, isAnnounced, select, render }: SectionOptions<Shown>): Section {
  const content = element('div', { 'aria-live': isAnnounced && 'polite' });
  let last = '';
  return {
    id,
    title,
    root: framed(id, title, content),
    update(status) {
      const shown = select(status);
      const text = JSON.stringify(shown);
      if (text === last) return;
      last = text;
      content.replaceChildren(...render(shown).filter((child) => child !== undefined && child !== false));
    },
  };
}

/** The frame of a section: a region with its heading. */
export function framed(id: string, title: string, ...content: readonly Child[]): HTMLElement {
  const heading = element('h2', { id: `${id}-title` }, title);
  return element('section', { id, 'aria-labelledby': heading.id, tabindex: -1 }, heading, ...content);
}
