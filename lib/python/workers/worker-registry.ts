import { basename, join } from 'node:path';

import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';
import { watchFolder } from '#lib/watch';

import type { OutputLog } from '../output/output-log.ts';
import type { BaseSupervisor } from './base-supervisor.ts';
import { nearNames } from './near-names.ts';
import type { Secrets } from './secrets.ts';
import { modulesAt } from './shared-modules.ts';
import { type OpenOrder, WorkerZygote } from './worker-zygote.ts';
import { Worker } from './worker.ts';
import { endpointFiles, workerFiles } from './workers-directory.ts';

interface RegistryOptions {
  /** The project's root, with the folders `workers/` and `routes/`. */
  readonly root: string;
  /** What the zygotes of all workers are told. */
  readonly opening: Omit<OpenOrder, 'name' | 'file'>;
  readonly base: BaseSupervisor;
  readonly importTimeoutMs: number;
  /** Called when a worker has been loaded, or has been retired. */
  readonly onChange: () => void;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly output: OutputLog;
}

/** Children that wait ready in each worker's zygote: one for the next call, one for the call beside it. */
const spares = 2;

/** The workers of `workers/`, by name, and those of `routes/`, by their paths from the root. */
export class WorkerRegistry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #workers = new Map<string, Worker>();
  readonly #routes = new Map<string, Worker>();
  readonly #watchers = new AsyncDisposableStack();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#discover();
  }

  all(): Worker[] {
    return [...this.workers(), ...this.routes()];
  }

  workers(): Worker[] {
    return [...this.#workers.values()];
  }

  routes(): Worker[] {
    return [...this.#routes.values()];
  }

  /** The worker that a file under `routes/` is. @throws {Problem} `not-found`: it is gone since the build. */
  route(file: string): Worker {
    const worker = this.#routes.get(file);
    if (worker) return worker;
    throw new Problem('not-found', `${file} is no longer there.`);
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

  /** From now on loads files anew when they change, so that an error shows when the file is saved; tells which. */
  async watch(onReload: (workers: readonly string[]) => void): Promise<void> {
    const { root } = this.#options;
    for (const folder of ['workers', 'routes']) {
      const watcher = await watchFolder(join(root, folder), (paths) => {
        const changed = paths?.filter(mayBePython).map((path) => `${folder}/${path}`);
        if (changed?.length !== 0) void this.#changed(changed).then(onReload);
      });
      this.#watchers.use(watcher);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watchers.disposeAsync();
    for (const worker of this.all()) worker.retire();
  }

  /** Paths are from the root. */
  async #changed(paths: readonly string[] | undefined): Promise<string[]> {
    this.#discover();
    const affected = paths ? this.#concernedBy(paths) : this.all();
    await Promise.all(affected.map((worker) => worker.reload()));
    this.#discover(); // a file may have gone while it was loaded
    return affected.map(({ name }) => name);
  }

  /** The workers whose own file has changed, and those that import what has. */
  #concernedBy(paths: readonly string[]): Worker[] {
    const files = new Set(paths.map((path) => join(this.#options.root, path)));
    const shared = paths.flatMap((path) => /^workers\/(.*)/.exec(path)?.slice(1) ?? []);
    const modules = modulesAt(shared);
    return this.all().filter((worker) => files.has(worker.file) || worker.imports(modules));
  }

  #discover(): void {
    const { root } = this.#options;
    this.#follow(this.#workers, workerFiles(join(root, 'workers')));
    this.#follow(this.#routes, endpointFiles(root));
  }

  #follow(workers: Map<string, Worker>, files: ReadonlyMap<string, string>): void {
    for (const [name, file] of files) if (!workers.has(name)) workers.set(name, this.#worker(name, file));
    for (const [name, worker] of workers) {
      if (files.has(name)) continue;
      workers.delete(name);
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
    const { base, opening, ...options } = this.#options;
    const order = { ...opening, name, file };
    return WorkerZygote.load({ ...options, order, base: () => base.current(), spares });
  }
}

/** Whether a path is that of a module, or may be that of a folder with some. */
function mayBePython(path: string): boolean {
  return path.endsWith('.py') || !basename(path).includes('.');
}
