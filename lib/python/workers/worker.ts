import type { Log } from '#lib/log';

import { areImported } from './shared-modules.ts';
import { WorkerFailure } from './worker-failure.ts';
import type { WorkerZygote } from './worker-zygote.ts';

/** How long an import that failed is not tried again; doubled with each further failure of the same file. */
const firstRetryMs = 5000;
const maxRetryMs = 5 * 60_000;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly zygote: Promise<WorkerZygote> }
  | { readonly kind: 'loaded'; readonly zygote: WorkerZygote }
  | { readonly kind: 'failed'; readonly error: WorkerFailure; readonly retryAt: number };

/** What a worker's file holds. */
type Described = Pick<WorkerZygote, 'functions' | 'fork' | 'imports'>;

export interface WorkerOptions {
  readonly name: string;
  readonly file: string;
  readonly load: () => Promise<WorkerZygote>;
  /** Called when it has been loaded, or has been retired. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** One file in `workers/`: its zygote, loaded when it is first needed and replaced when the file has changed. */
export class Worker {
  readonly #options: WorkerOptions;
  #state: State = { kind: 'idle' };
  #retryMs = firstRetryMs;
  #usedAt = -Infinity;
  /** What is known of the file when it is not loaded: it was, and has been retired since. */
  #known: Described | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get file(): string {
    return this.#options.file;
  }

  /** Its zygote, when it is loaded. */
  get loaded(): WorkerZygote | undefined {
    return this.#state.kind === 'loaded' ? this.#state.zygote : undefined;
  }

  /** When it was last called; before all else where it never was. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Whether it is loaded and serves nothing, and need not stay loaded. */
  get isIdle(): boolean {
    const zygote = this.loaded;
    return zygote !== undefined && zygote.serving === 0 && !zygote.warm;
  }

  /** How long an import that failed is not tried again from now on; undefined where none has. */
  get retryInMs(): number | undefined {
    return this.#state.kind === 'failed' ? Math.max(0, this.#state.retryAt - performance.now()) : undefined;
  }

  /** Whether a change of these shared modules may concern it; so it does where it is not known what it imports. */
  imports(modules: readonly string[]): boolean {
    const imports = this.#imports();
    return modules.length > 0 && (imports === undefined || areImported(modules, imports));
  }

  /** What its file holds; loads it where that is not known yet. @throws {WorkerFailure} */
  async describe(): Promise<Described> {
    return this.#state.kind === 'idle' && this.#known ? this.#known : this.load();
  }

  /** The zygote for a call. @throws {WorkerFailure} */
  async zygote(): Promise<WorkerZygote> {
    this.#usedAt = performance.now();
    return this.load();
  }

  /** @throws {WorkerFailure} */
  async load(): Promise<WorkerZygote> {
    const state = this.#state;
    if (state.kind === 'failed' && performance.now() < state.retryAt) throw state.error;
    if (state.kind === 'loading') return state.zygote;
    if (state.kind === 'loaded' && !state.zygote.gone) return state.zygote;
    return this.#start();
  }

  /** Loads the file anew; calls that run go on in the old zygote, which ends with the last of them. */
  async reload(): Promise<void> {
    const previous = this.#state;
    this.#retryMs = firstRetryMs;
    this.#known = undefined;
    await this.#start().catch(() => undefined); // logged, and told to each caller
    retire(previous);
  }

  /** Takes no more calls; its processes end with the last one. A call that comes loads it again. */
  retire(): void {
    retire(this.#state);
    this.#state = { kind: 'idle' };
    this.#options.onChange();
  }

  #imports(): Iterable<string> | undefined {
    const state = this.#state;
    if (state.kind === 'idle') return this.#known?.imports ?? [];
    if (state.kind === 'loaded') return state.zygote.imports;
    return state.kind === 'failed' ? state.error.imports : undefined;
  }

  async #start(): Promise<WorkerZygote> {
    const { name, load, onChange, log } = this.#options;
    const promise = load();
    const loading: State = { kind: 'loading', zygote: promise };
    this.#state = loading;
    try {
      const zygote = await promise;
      if (this.#state === loading) {
        this.#state = { kind: 'loaded', zygote };
        this.#known = { functions: zygote.functions, fork: zygote.fork, imports: zygote.imports };
      } else zygote.retire(); // the file has changed again meanwhile
      this.#retryMs = firstRetryMs;
      log.debug({ message: `worker ${name} loaded`, functions: [...zygote.functions.keys()].join(',') });
      onChange();
      return zygote;
    } catch (error) {
      if (this.#state === loading) this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof WorkerFailure)) {
      this.#state = { kind: 'idle' };
      return;
    }
    this.#state = { kind: 'failed', error, retryAt: performance.now() + this.#retryMs };
    this.#options.log.error({
      message: `worker ${this.name} does not load: ${error.message}`,
      source: error.source,
      traceback: error.traceback,
      retryMs: this.#retryMs,
    });
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs);
  }
}

function retire(state: State): void {
  if (state.kind === 'loaded') state.zygote.retire();
  else if (state.kind === 'loading') void state.zygote.then((zygote) => zygote.retire()).catch(() => {});
}
