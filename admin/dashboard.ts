import type { AdminStatus } from '#lib/admin';

import { updateAges } from './ages.ts';
import { byId, element } from './element.ts';
import { Live } from './live.ts';
import { configuration } from './sections/configuration.ts';
import { functions } from './sections/functions.ts';
import { invocations } from './sections/invocations.ts';
import { isolation } from './sections/isolation.ts';
import { keys } from './sections/keys.ts';
import { overview } from './sections/overview.ts';
import { problems } from './sections/problems.ts';
import { Try } from './sections/try.ts';
import { session } from './session.ts';

interface DashboardOptions {
  readonly onSessionEnd: () => void;
}

/** Less often than the service slides a session, which it does once in five minutes. */
const useEveryMs = 5 * 60_000;

/** The page of someone who is logged in. */
export class Dashboard implements Disposable {
  readonly #main = byId('sections');
  readonly #sections;
  readonly #connection = byId('connection');
  readonly #live: Live;
  readonly #gone = new AbortController();
  #usedAt = performance.now();

  constructor({ onSessionEnd }: DashboardOptions) {
    const attempt = new Try({ onSessionEnd });
    const listed = functions((name) => attempt.choose(name));
    this.#sections = [
      problems(),
      overview(),
      listed,
      attempt,
      invocations(),
      isolation(),
      keys(),
      configuration(),
    ];
    this.#main.replaceChildren(...this.#sections.map(({ root }) => root));
    const links = this.#sections.map(({ id, title }) => element('a', { href: `#${id}` }, title));
    document.querySelector('nav')?.replaceChildren(...links);
    this.tell('connecting', 'Connecting');
    this.#live = new Live({
      onStatus: (status) => this.#show(status),
      onLost: () => this.tell('lost', 'Disconnected, trying again'),
      onSessionEnd,
    });
    for (const kind of ['pointerdown', 'keydown'])
      document.addEventListener(kind, () => this.#use(), { signal: this.#gone.signal });
  }

  [Symbol.dispose](): void {
    this.#gone.abort();
    this.#live[Symbol.dispose]();
    this.#main.replaceChildren(); // what was seen is for those who are logged in
  }

  /** Says how the page is connected. */
  tell(state: 'connecting' | 'live' | 'lost', text: string): void {
    if (this.#connection.textContent === text) return;
    this.#connection.className = `connection ${state}`;
    this.#connection.textContent = text;
  }

  #show(status: AdminStatus): void {
    this.tell('live', 'Live');
    for (const each of this.#sections) each.update(status);
    updateAges(this.#main, status.at);
  }

  /** A session lasts as long as someone is at the page, not as long as the page is open. */
  #use(): void {
    if (performance.now() - this.#usedAt < useEveryMs) return;
    this.#usedAt = performance.now();
    void session();
  }
}
