import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';
import { watchFolder } from '#lib/watch';

import type { BaseSupervisor } from './base-supervisor.ts';
import { nearNames } from './near-names.ts';
import type { Secrets } from './secrets.ts';
import { type OpenOrder, WorkerZygote } from './worker-zygote.ts';
import { Worker } from './worker.ts';
import { workerFiles } from './workers-directory.ts';

interface RegistryOptions {
  /** The folder `workers/`. */
  readonly directory: string;
  /** What the zygotes of all workers are told. */
  readonly opening: Omit<OpenOrder, 'name' | 'file'>;
  readonly base: BaseSupervisor;
  readonly importTimeoutMs: number;
  /** Called when a worker has been loaded, or has been retired. */
  readonly onChange: () => void;
  readonly secrets: Secrets;
  readonly log: Log;
}

/** Children that wait ready in each worker's zygote: one for the next call, one for the call beside it. */
const spares = 2;

/** The workers of the folder, by name. */
export class WorkerRegistry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #workers = new Map<string, Worker>();
  #watcher: AsyncDisposable | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#discover();
  }

  all(): Worker[] {
    return [...this.#workers.values()];
  }

  /** @throws {Problem} `worker-not-found` */
  get(name: string): Worker {
    const worker = this.#workers.get(name);
    if (worker) return worker;
    throw new Problem(
      'worker-not-found',
      `There is no worker '${name}'. ${nearNames(name, [...this.#workers.keys()])}`,
    );
  }

  /** From now on loads files anew when they change, so that an error shows when the file is saved. */
  async watch(): Promise<void> {
    this.#watcher = await watchFolder(this.#options.directory, (paths) => {
      const modules = paths?.filter((path) => path.endsWith('.py'));
      if (modules?.length !== 0) void this.#changed(modules);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.[Symbol.asyncDispose]();
    for (const worker of this.all()) worker.retire();
  }

  async #changed(paths: readonly string[] | undefined): Promise<void> {
    this.#discover();
    const named = paths?.map((path) => this.#workers.get(path.replace(/\.py$/, '')));
    const affected = named?.every((worker) => worker !== undefined) ? named : this.all(); // a shared module concerns all
    await Promise.all(affected.map((worker) => worker.reload()));
  }

  #discover(): void {
    const files = workerFiles(this.#options.directory);
    for (const [name, file] of files)
      if (!this.#workers.has(name)) this.#workers.set(name, this.#worker(name, file));
    for (const [name, worker] of this.#workers) {
      if (files.has(name)) continue;
      this.#workers.delete(name);
      worker.retire();
    }
  }

  /** A worker file that is not in the folder: for the service's own use, and its own to retire. */
  async loadOther(name: string, file: string): Promise<WorkerZygote> {
    return this.#load(name, file);
  }

  #worker(name: string, file: string): Worker {
    const { onChange, log } = this.#options;
    return new Worker({ name, file, load: () => this.#load(name, file), onChange, log });
  }

  async #load(name: string, file: string): Promise<WorkerZygote> {
    const { base, opening, importTimeoutMs, secrets, log } = this.#options;
    const order = { ...opening, name, file };
    return WorkerZygote.load({ order, base: () => base.current(), importTimeoutMs, spares, secrets, log });
  }
}
