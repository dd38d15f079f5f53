import type { AdminStatus } from '#lib/admin';
import type { WorkerListing } from '#lib/service';

import { call, type CallOutcome } from '../call.ts';
import { type Child, element } from '../element.ts';
import { exampleArguments, type Schema } from '../example-arguments.ts';
import { duration, size } from '../format.ts';
import { framed, type Section } from '../section.ts';
import { badge } from '../table.ts';

/** More text than this is offered as a file. */
const shownBytes = 200_000;

interface TryOptions {
  readonly onSessionEnd: () => void;
}

/** A form to call a function, with what it answers. */
export class Try implements Section {
  readonly id = 'try';
  readonly title = 'Try a function';
  readonly root: HTMLElement;
  readonly #options: TryOptions;
  readonly #name = element('select', { id: 'try-name', required: true });
  readonly #input = element('textarea', {
    id: 'try-input',
    rows: 8,
    spellcheck: 'false',
    autocapitalize: 'off',
  });
  readonly #run = element('button', { type: 'submit', class: 'primary' }, 'Run');
  readonly #cancel = element('button', { type: 'button', disabled: true }, 'Cancel');
  readonly #outcome = element('div', { class: 'outcome', role: 'status' });
  #names = '';
  #running = new AbortController();

  constructor(options: TryOptions) {
    this.#options = options;
    const form = element(
      'form',
      {},
      element('label', { for: this.#name.id }, 'Function'),
      this.#name,
      element('label', { for: this.#input.id }, 'Arguments, as JSON'),
      this.#input,
      element('p', { class: 'actions' }, this.#run, this.#cancel),
    );
    this.root = framed(this.id, this.title, form, this.#outcome);
    this.#name.addEventListener('change', () => void this.#prefill());
    this.#cancel.addEventListener('click', () => this.#running.abort());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#call();
    });
  }

  update({ workers }: AdminStatus): void {
    const names = (workers ?? []).flatMap((worker) =>
      'error' in worker
        ? []
        : worker.functions.filter(({ error }) => error === null).map(({ name }) => `${worker.name}.${name}`),
    );
    if (names.join() === this.#names) return;
    this.#names = names.join();
    const chosen = this.#name.value;
    this.#name.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
    if (names.includes(chosen)) this.#name.value = chosen;
    else void this.#prefill();
  }

  /** Has a function ready to be called. */
  choose(name: string): void {
    this.#name.value = name;
    void this.#prefill();
    this.root.scrollIntoView();
    this.#input.focus({ preventScroll: true });
  }

  async #prefill(): Promise<void> {
    const name = this.#name.value;
    const schema = await inputOf(name);
    if (this.#name.value === name) this.#input.value = JSON.stringify(exampleArguments(schema), null, 2);
  }

  async #call(): Promise<void> {
    this.#running = new AbortController();
    this.#run.disabled = true;
    this.#cancel.disabled = false;
    this.#show('Running …');
    try {
      const outcome = await call(this.#name.value, {
        input: this.#input.value,
        signal: this.#running.signal,
      });
      if (outcome.status === 401) return this.#options.onSessionEnd();
      this.#show(...(await shown(outcome)));
    } catch (error) {
      this.#show(this.#running.signal.aborted ? 'Canceled.' : `No answer: ${(error as Error).message}`);
    } finally {
      this.#run.disabled = false;
      this.#cancel.disabled = true;
    }
  }

  #show(...content: readonly Child[]): void {
    this.#outcome.replaceChildren(...content.filter((child) => child !== undefined && child !== false));
  }
}

/** The schema of a function's arguments, as it is now. */
async function inputOf(name: string): Promise<Schema> {
  const response = await fetch('/api/workers').catch(() => undefined);
  if (!response?.ok) return {};
  const { workers } = (await response.json()) as WorkerListing;
  const found = workers.flatMap((worker) =>
    'error' in worker ? [] : worker.functions.filter((each) => `${worker.name}.${each.name}` === name),
  );
  return found[0]?.input ?? { type: 'object' };
}

async function shown(outcome: CallOutcome): Promise<Child[]> {
  const { status, durationMs, requestId, body, type } = outcome;
  const line = element(
    'p',
    { class: 'facts' },
    badge(status < 400 ? 'good' : 'bad', String(status)),
    element('span', {}, duration(durationMs)),
    element('span', {}, size(body.size)),
    element('span', {}, 'request ', element('code', { class: 'id' }, requestId)),
  );
  const isText = /^text\/|\bjson\b/.test(type) && body.size <= shownBytes;
  return [
    line,
    isText ? element('pre', { tabindex: 0 }, pretty(await body.text(), type)) : download(outcome),
  ];
}

function pretty(text: string, type: string): string {
  return type.includes('json') ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

function download({ body, type, requestId }: CallOutcome): HTMLElement {
  const href = URL.createObjectURL(body);
  return element(
    'a',
    { href, download: requestId },
    `Save the answer (${type || 'no type'}, ${size(body.size)})`,
  );
}
