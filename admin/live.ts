import type { AdminStatus } from '#lib/admin';

import { session } from './session.ts';

interface LiveOptions {
  readonly onStatus: (status: AdminStatus) => void;
  /** Called when nothing comes any more. */
  readonly onLost: () => void;
  readonly onSessionEnd: () => void;
}

/** The service sends something every two seconds. */
const silenceMs = 10_000;
const firstRetryMs = 500;
const maxRetryMs = 5000;

/**
 * Follows the status until it is stopped. A stream that ends, as at a deploy, is opened again. An `EventSource` does so by
 * itself, but not after a response that is no stream, as from a proxy whose instance is gone; nor does it tell of one
 * that has fallen silent.
 */
export class Live implements Disposable {
  readonly #options: LiveOptions;
  readonly #stopped = new AbortController();
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = firstRetryMs;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#open();
  }

  [Symbol.dispose](): void {
    this.#stopped.abort();
    this.#close();
  }

  #open(): void {
    const source = new EventSource('/api/admin/events');
    this.#source = source;
    const lost = () => void this.#recover();
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.#retryMs = firstRetryMs;
      this.#wait(silenceMs, lost);
      this.#options.onStatus(JSON.parse(data) as AdminStatus);
    });
    source.addEventListener('end', lost);
    source.addEventListener('error', lost);
    this.#wait(silenceMs, lost);
  }

  async #recover(): Promise<void> {
    this.#close();
    this.#options.onLost();
    const found = await session();
    if (this.#stopped.signal.aborted) return;
    if (found === 'over') return this.#options.onSessionEnd();
    if (found === 'live') return this.#open();
    this.#wait(this.#retryMs, () => void this.#recover());
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs);
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}
