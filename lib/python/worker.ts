import type { Log } from '#lib/log';

import { WorkerFailure } from './worker-failure.ts';
import type { WorkerZygote } from './worker-zygote.ts';

/** How long an import that failed is not tried again. */
const retryMs = 5000;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading' | 'loaded'; readonly zygote: Promise<WorkerZygote> }
  | { readonly kind: 'failed'; readonly error: WorkerFailure; readonly at: number };

/** One file in `workers/`: its zygote, loaded when it is first needed and replaced when the file has changed. */
export class Worker {
  readonly name: string;
  readonly file: string;
  readonly #load: () => Promise<WorkerZygote>;
  readonly #log: Log;
  #state: State = { kind: 'idle' };

  constructor({
    name,
    file,
    load,
    log,
  }: {
    name: string;
    file: string;
    load: () => Promise<WorkerZygote>;
    log: Log;
  }) {
    this.name = name;
    this.file = file;
    this.#load = load;
    this.#log = log;
  }

  /** @throws {WorkerFailure} */
  async zygote(): Promise<WorkerZygote> {
    const state = this.#state;
    if (state.kind === 'failed' && performance.now() - state.at < retryMs) throw state.error;
    if (state.kind === 'loading') return state.zygote;
    if (state.kind === 'loaded') {
      const zygote = await state.zygote;
      if (!zygote.gone) return zygote;
      if (this.#state !== state) return this.zygote(); // another call has seen it before
    }
    return this.#start();
  }

  /** Loads the file anew; calls that run go on in the old zygote, which ends with the last of them. */
  async reload(): Promise<void> {
    const previous = this.#state;
    await this.#start().catch(() => undefined); // logged, and told to each caller
    retire(previous);
  }

  /** Takes no more calls; its processes end with the last one. */
  retire(): void {
    retire(this.#state);
    this.#state = { kind: 'idle' };
  }

  async #start(): Promise<WorkerZygote> {
    const zygote = this.#load();
    const loading: State = { kind: 'loading', zygote };
    this.#state = loading;
    try {
      const loaded = await zygote;
      if (this.#state === loading) this.#state = { kind: 'loaded', zygote };
      else loaded.retire(); // the file has changed again meanwhile
      this.#log.debug({
        message: `worker ${this.name} loaded`,
        functions: [...loaded.functions.keys()].join(','),
      });
    } catch (error) {
      if (error instanceof WorkerFailure) this.#fail(loading, error);
      else if (this.#state === loading) this.#state = { kind: 'idle' };
      throw error;
    }
    return zygote;
  }

  #fail(loading: State, error: WorkerFailure): void {
    if (this.#state !== loading) return;
    this.#state = { kind: 'failed', error, at: performance.now() };
    this.#log.error({
      message: `worker ${this.name} does not load: ${error.message}`,
      traceback: error.traceback,
    });
  }
}

function retire(state: State): void {
  if (state.kind === 'loading' || state.kind === 'loaded')
    void state.zygote.then((zygote) => zygote.retire()).catch(() => {});
}
