import { age } from './format.ts';

/** Says of every time on the page how long ago it was, by the clock of the service. */
export function updateAges(root: HTMLElement, now: string): void {
  for (const each of root.querySelectorAll('time')) {
    const text = age(Date.parse(now) - Date.parse(each.dateTime));
    if (each.textContent !== text) each.textContent = text;
  }
}
