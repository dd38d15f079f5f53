import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Config } from '#lib/config';
import { isFile } from '#lib/json-schema';
import type { Log, Redactor } from '#lib/log';
import { Problem } from '#lib/problems';
import type { InvocationStore } from '#lib/records';
import { makeRunDirectory, type RunDirectory } from '#lib/run-directory';

import { Admission } from './admission/admission.ts';
import type { Answer, Call, Grant, Grantee, RouteCall } from './calls/call.ts';
import { Calls } from './calls/calls.ts';
import { functionOf, namesOf, onlyFunctionOf } from './calls/dispatch.ts';
import type { ItemStream } from './calls/item-stream.ts';
import { Journal } from './calls/journal.ts';
import { defaultDiskBytes } from './calls/limits.ts';
import type { ReturnedFile } from './calls/returned-file.ts';
import type { Rule } from './isolation/enforcement.ts';
import { checkSandbox } from './isolation/sandbox-policy.ts';
import { SelfTest } from './isolation/self-test.ts';
import type { InstanceMemory } from './memory/instance-memory.ts';
import { MemoryKeeper } from './memory/memory-keeper.ts';
import { OutputLog } from './output/output-log.ts';
import { removeDirectory } from './processes/temporary-directory.ts';
import { BaseSupervisor } from './workers/base-supervisor.ts';
import type { DescribedFunction } from './workers/described-function.ts';
import { findInterpreter, type Interpreter } from './workers/interpreter.ts';
import { type ListedRoute, type ListedWorker, listRoute, listWorker } from './workers/listing.ts';
import { Secrets } from './workers/secrets.ts';
import { WorkerRegistry } from './workers/worker-registry.ts';
import type { OpenOrder } from './workers/worker-zygote.ts';
import type { Worker } from './workers/worker.ts';
import { declaresWarm } from './workers/workers-directory.ts';

export interface EngineOptions {
  readonly config: Config;
  readonly log: Log;
  readonly invocations: InvocationStore;
  /** Aborts when the service begins to drain, which functions may ask for. */
  readonly draining: AbortSignal;
  /** The secrets of functions join those that it masks. */
  readonly redactor: Redactor;
  /** Variables of every Python process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called for each invocation; disposed of when its process is gone. */
  readonly grant: (grantee: Grantee) => Grant;
  /** What the kernel tells of the instance's memory, where not this process's own control group is to be asked. */
  readonly instanceMemory?: () => InstanceMemory | undefined;
}

/** What is there before the engine is. */
interface EngineParts {
  readonly run: RunDirectory;
  readonly base: BaseSupervisor;
  readonly secrets: Secrets;
  readonly output: OutputLog;
}

/** How long calls that were ended may take for it when the service stops: their grace periods are within it. */
const stopGraceMs = 5000;
const stopPollMs = 20;

/** What the instance's memory is used for. */
export interface MemoryUse {
  /** All of the instance; null where the system does not tell. */
  readonly instance: InstanceMemory | null;
  /** What the zygotes with their waiting children hold, and /dev/shm. */
  readonly workersBytes: number;
  /** What the limits of the invocations that run add up to. */
  readonly reservedBytes: number;
  /** What they may add up to. */
  readonly budgetBytes: number;
}

/** Runs Python functions, each call in a process of its own. */
export class PythonEngine {
  readonly #options: EngineOptions;
  readonly #secrets: Secrets;
  readonly #interpreter: Interpreter;
  readonly #run: RunDirectory;
  readonly #base: BaseSupervisor;
  readonly #workers: WorkerRegistry;
  readonly #admission: Admission;
  readonly #memory: MemoryKeeper;
  readonly #calls: Calls;
  readonly #selfTest: SelfTest;

  private constructor(
    options: EngineOptions,
    interpreter: Interpreter,
    { run, base, secrets, output }: EngineParts,
  ) {
    const { config, log } = options;
    this.#options = options;
    this.#secrets = secrets;
    this.#interpreter = interpreter;
    this.#run = run;
    this.#base = base;
    this.#workers = new WorkerRegistry({
      root: config.root,
      opening: openingOf(options),
      secrets: this.#secrets,
      importTimeoutMs: config.HEADY_PY_IMPORT_TIMEOUT,
      onChange: () => void this.#memory.measure(),
      base,
      log,
      output,
    });
    this.#admission = new Admission({
      slots: config.HEADY_PY_MAX_CONCURRENCY,
      maxQueue: config.HEADY_PY_MAX_QUEUE,
      queueTimeoutMs: config.HEADY_PY_QUEUE_TIMEOUT,
      budgetBytes: () => this.#memory.budget.bytes,
      makeRoom: ({ worker: except }, bytes) =>
        this.#memory.makeRoom(bytes, { except, mayWait: this.#admission.running > 0 }),
      mostBytes: ({ worker }) => this.#memory.mostBytesFor(worker) - this.#memory.budget.sharedBytes,
    });
    this.#memory = new MemoryKeeper({
      instanceBytes: config.instanceMemoryBytes,
      workers: () => this.#workers.all(),
      basePid: () => base.pid,
      reservedBytes: () => this.#admission.reservedBytes,
      onRoom: () => this.#admission.admit(),
      read: options.instanceMemory,
      log,
    });
    this.#calls = new Calls({
      config,
      secrets: this.#secrets,
      memory: this.#memory,
      admission: this.#admission,
      journal: new Journal({ log, output, invocations: options.invocations }),
      grant: options.grant,
      draining: options.draining,
    });
    this.#selfTest = new SelfTest({
      config,
      log,
      workers: this.#workers,
      instance: this.#memory.watchdog,
      runDirectory: run.path,
      basePid: () => base.pid,
    });
  }

  /**
   * Starts the base zygote.
   *
   * @throws {InterpreterError} there is no usable Python.
   * @throws {SandboxError} a sandbox is required that this kernel does not have.
   */
  static async start(options: EngineOptions): Promise<PythonEngine> {
    const { config, log } = options;
    const interpreter = await findInterpreter(config);
    const run = await makeRunDirectory({ prefix: 'heady-', remove: removeDirectory });
    const secrets = new Secrets(config, options.redactor);
    const output = new OutputLog(log, secrets.redactor);
    let base: BaseSupervisor | undefined;
    try {
      base = await BaseSupervisor.start({
        interpreter,
        workersDirectory: workersDirectory(config),
        runDirectory: run.path,
        log,
        output,
      });
      checkSandbox(config.HEADY_PY_SANDBOX, (await base.current()).kernel);
      return new PythonEngine(options, interpreter, { run, base, secrets, output });
    } catch (error) {
      await base?.stop();
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  get interpreter(): Interpreter {
    return this.#interpreter;
  }

  /** Whether calls can be served; when not, they wait. */
  get running(): boolean {
    return this.#base.running;
  }

  get load(): { readonly running: number; readonly queued: number } {
    return { running: this.#admission.running, queued: this.#admission.queued };
  }

  /** What the instance's memory is used for, as far as that is known. */
  get memory(): MemoryUse {
    const { budget, watchdog } = this.#memory;
    return {
      instance: watchdog.memory ?? null,
      workersBytes: budget.heldBytes,
      reservedBytes: this.#admission.reservedBytes,
      budgetBytes: budget.bytes,
    };
  }

  /** Every worker of `workers/` with its functions, or with why it does not load. */
  async list(): Promise<ListedWorker[]> {
    const options = this.#listing();
    return Promise.all(this.#workers.workers().map((worker) => listWorker(worker, options)));
  }

  /** The same of the files under `routes/`. */
  async listRoutes(): Promise<ListedRoute[]> {
    const options = this.#listing();
    return Promise.all(this.#workers.routes().map((worker) => listRoute(worker, options)));
  }

  #listing() {
    const mostBytes = async (name: string) => {
      await this.#memory.counted(name);
      return this.#memory.mostBytesFor(name);
    };
    return { config: this.#options.config, mostBytes };
  }

  /** A folder for what is on its way to a call, on the disk where the temporary directories are. */
  get directory(): string {
    return this.#run.path;
  }

  get workerNames(): string[] {
    return this.#workers.workers().map(({ name }) => name);
  }

  /** @throws {Problem} `worker-not-found`, `worker-unavailable` */
  async functionNames(worker: string): Promise<string[]> {
    return namesOf(this.#workers.get(worker));
  }

  /** What is known of a function. @throws {Problem} `worker-not-found`, `worker-unavailable` */
  async describe(worker: string, name: string): Promise<DescribedFunction> {
    return functionOf(this.#workers.get(worker), name);
  }

  /** The same of the function of a file under `routes/`. @throws {Problem} as {@link PythonEngine.describe}; `not-found` */
  async describeRoute(route: string): Promise<DescribedFunction> {
    return onlyFunctionOf(this.#workers.route(route));
  }

  /** The workers that ask to be ready before the service is, and the others that are loaded ahead. */
  toLoad(): { readonly first: readonly Worker[]; readonly others: readonly Worker[] } {
    const { first = [], others = [] } = Object.groupBy(this.#workers.all(), ({ file }) =>
      declaresWarm(file) ? 'first' : 'others',
    );
    return { first, others: this.#options.config.HEADY_PY_LOAD === 'ahead' ? others : [] };
  }

  /** Loads workers one after the other, whatever memory is left: the service is not ready without them. */
  async loadFirst(workers: readonly Worker[]): Promise<void> {
    for (const worker of workers) await worker.load().catch(() => undefined); // logged, and told to each caller
  }

  /**
   * Loads workers one after the other, so that no caller pays for an import, as long as there is room for as many calls
   * of the default size as there are slots.
   */
  async loadWhileRoom(workers: readonly Worker[]): Promise<void> {
    const { pyMemoryBytes, HEADY_PY_MAX_CONCURRENCY: slots } = this.#options.config;
    await this.#memory.measure();
    for (const worker of workers) {
      if (this.#memory.budget.bytes < pyMemoryBytes * slots) break;
      await this.loadFirst([worker]);
      await this.#memory.measure();
    }
    this.#options.log.info({ message: `python memory: ${this.#memory.budget}` });
  }

  /** What this host enforces, as far as it has been tried. */
  get enforcement(): readonly Rule[] {
    return this.#selfTest.rules;
  }

  /** Tries to break each rule of the isolation, one after the other, as a worker would. */
  async testIsolation(): Promise<void> {
    await this.#selfTest.run();
  }

  /** Loads worker files anew whenever they change; `onReload` is told which. */
  async watch(onReload: (workers: readonly string[]) => void = () => {}): Promise<void> {
    await this.#workers.watch(onReload);
  }

  /**
   * Calls a function and waits for its answer.
   *
   * @throws {Problem} `worker-not-found`, `worker-unavailable`, `worker-busy`, `invalid-input`, or how the call failed.
   */
  async invoke(call: Call): Promise<Answer> {
    const worker = this.#workers.get(call.worker);
    const described = await functionOf(worker, call.function);
    return (await this.#calls.open({ worker, call, described })).answer();
  }

  /**
   * Calls a function that returns a file.
   *
   * @throws {Problem} as {@link PythonEngine.invoke}; `invalid-input`, before it is called: its return type is another.
   */
  async invokeForFile(call: Call): Promise<Answer & { readonly file: ReturnedFile }> {
    const name = `${call.worker}.${call.function}`;
    const { output } = await this.describe(call.worker, call.function);
    if (!isFile(output ?? {}))
      throw new Problem(
        'invalid-input',
        `${name} returns no file that could be stored: its return type has to be heady.File.`,
      );
    const answer = await this.invoke(call);
    if (answer.file) return answer;
    throw new Problem('worker-error', `${name} returned something else than the file that it declares.`);
  }

  /**
   * Calls a generator; resolved when its arguments are valid and it has begun.
   *
   * @throws {Problem} as {@link PythonEngine.invoke}; `not-acceptable` when the function is no generator.
   */
  async stream(call: Call): Promise<ItemStream> {
    const worker = this.#workers.get(call.worker);
    const described = await functionOf(worker, call.function);
    if (described.item === null)
      throw new Problem(
        'not-acceptable',
        `${call.worker}.${call.function} is no generator: it has no items to stream, but one answer as JSON.`,
      );
    return (await this.#calls.open({ worker, call, described })).items();
  }

  /**
   * Calls the function of a file under `routes/` and waits for its answer.
   *
   * @throws {Problem} as {@link PythonEngine.invoke}; `not-found`
   */
  async invokeRoute(call: RouteCall): Promise<Answer> {
    return (await this.#openRoute(call)).invocation.answer();
  }

  /** The same, for its items where it is a generator. */
  async streamRoute(call: RouteCall): Promise<Answer | ItemStream> {
    const { invocation, described } = await this.#openRoute(call);
    return described.item === null ? invocation.answer() : invocation.items();
  }

  /** Who may call the function of a file under `routes/`, as it says; the file is loaded for it where that is not known. */
  async accessOf(route: string): Promise<'public' | 'private'> {
    try {
      const { functions } = await this.#workers.route(route).describe();
      const [described] = functions.values();
      return described?.error === null ? (described.declared.access ?? 'private') : 'private';
    } catch {
      return 'private'; // whoever has the key is told what is wrong with it
    }
  }

  /** Ends all Python processes. */
  async stop(): Promise<void> {
    const deadline = performance.now() + stopGraceMs;
    while (this.#admission.running > 0 && performance.now() < deadline) await delay(stopPollMs);
    this.#memory[Symbol.dispose]();
    await this.#workers[Symbol.asyncDispose]();
    await this.#base.stop();
    await this.#run[Symbol.asyncDispose]();
  }

  async #openRoute(call: RouteCall) {
    const worker = this.#workers.route(call.route);
    const described = await onlyFunctionOf(worker);
    const named = { ...call, worker: worker.name, function: described.name };
    return { described, invocation: await this.#calls.open({ worker, call: named, described }) };
  }
}

function openingOf({ config, environment }: EngineOptions): Omit<OpenOrder, 'name' | 'file'> {
  return {
    root: config.root,
    defaults: {
      cpuSeconds: config.HEADY_PY_CPU / 1000,
      memoryBytes: config.pyMemoryBytes,
      diskBytes: defaultDiskBytes,
    },
    environment,
    unsafe: config.HEADY_PY_ISOLATION === 'spawn' ? 'HEADY_PY_ISOLATION=spawn' : null,
    sandbox: config.HEADY_PY_SANDBOX,
    logLevel: config.HEADY_LOG_LEVEL,
    code: ['workers', 'routes'].map((folder) => join(config.root, folder)),
    private: config.HEADY_DATA_DIR === undefined ? [] : [config.HEADY_DATA_DIR],
  };
}

function workersDirectory({ root }: Config): string {
  return join(root, 'workers');
}
