import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { Config } from '#lib/config';
import type { Log } from '#lib/log';
import { Problem } from '#lib/problems';
import type { InvocationRecord, InvocationStore } from '#lib/records';

import { Admission } from './admission.ts';
import { BaseSupervisor } from './base-supervisor.ts';
import type { Child } from './child.ts';
import { findInterpreter, type Interpreter } from './interpreter.ts';
import { serveCall } from './invocation.ts';
import { type Limits, limitsOf } from './limits.ts';
import type { DescribedFunction } from './messages.ts';
import { nearNames } from './near-names.ts';
import { outcomeOf, problemOf } from './outcome.ts';
import { makeRunDirectory, type RunDirectory } from './run-directory.ts';
import { WorkerRegistry } from './worker-registry.ts';
import { WorkerImportError, type WorkerZygote, ZygoteGone } from './worker-zygote.ts';
import type { Worker } from './worker.ts';

/** One call of a Python function. */
export interface Call {
  readonly worker: string;
  readonly function: string;
  /** The arguments: a JSON object, as bytes. */
  readonly input: Uint8Array;
  readonly requestId: string;
  /** Ends the call, and its processes, when it aborts. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly invocationId: string;
  /** The returned value as JSON. */
  readonly json: Buffer;
  readonly queueMs: number;
  readonly runMs: number;
}

/** What one invocation may use of the service, until it is disposed of. */
export interface Grant extends Disposable {
  readonly environment: Readonly<Record<string, string>>;
}

export interface EngineOptions {
  readonly config: Config;
  readonly log: Log;
  readonly invocations: InvocationStore;
  /** Called for each invocation; disposed of when its process is gone. */
  readonly grant: (invocationId: string) => Grant;
}

export interface ListedFunction extends DescribedFunction {
  readonly limits: Limits;
}

export type ListedWorker = { readonly name: string; readonly file: string } & (
  | { readonly functions: readonly ListedFunction[] }
  | { readonly error: string }
);

/** A call under way. */
interface Invocation {
  readonly id: string;
  readonly call: Call;
  readonly limits: Limits;
  readonly startedAt: Date;
}

/** What an admitted call holds until its process is gone. */
interface Admitted {
  readonly slot: Disposable;
  readonly child: Child;
  readonly zygote: WorkerZygote;
}

/** How often a call is handed on when its zygote dies under it before it has started. */
const maxHandovers = 3;

/** Runs Python functions, each call in a process of its own. */
export class PythonEngine {
  readonly #options: EngineOptions;
  readonly #interpreter: Interpreter;
  readonly #run: RunDirectory;
  readonly #base: BaseSupervisor;
  readonly #workers: WorkerRegistry;
  readonly #admission: Admission;

  private constructor(
    options: EngineOptions,
    interpreter: Interpreter,
    { run, base }: { run: RunDirectory; base: BaseSupervisor },
  ) {
    const { config, log } = options;
    this.#options = options;
    this.#interpreter = interpreter;
    this.#run = run;
    this.#base = base;
    this.#workers = new WorkerRegistry({
      directory: workersDirectory(config),
      runDirectory: run.path,
      base,
      log,
    });
    this.#admission = new Admission({
      slots: config.HEADY_PY_MAX_CONCURRENCY,
      maxQueue: config.HEADY_PY_MAX_QUEUE,
      queueTimeoutMs: config.HEADY_PY_QUEUE_TIMEOUT,
    });
  }

  /**
   * Starts the base zygote.
   *
   * @throws {InterpreterError} there is no usable Python.
   */
  static async start(options: EngineOptions): Promise<PythonEngine> {
    const interpreter = await findInterpreter(options.config);
    const run = await makeRunDirectory();
    try {
      const base = await BaseSupervisor.start({
        interpreter,
        workersDirectory: workersDirectory(options.config),
        runDirectory: run.path,
        log: options.log,
      });
      return new PythonEngine(options, interpreter, { run, base });
    } catch (error) {
      await run.remove();
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

  /** Every worker with its functions, or with why it does not load. */
  async list(): Promise<ListedWorker[]> {
    return Promise.all(this.#workers.all().map((worker) => this.#listed(worker)));
  }

  /** Loads every worker, one after the other, so that no caller pays for an import. */
  async warm(): Promise<void> {
    for (const worker of this.#workers.all()) await worker.zygote().catch(() => undefined); // logged, and told to each caller
  }

  /** Loads worker files anew whenever they change. */
  watch(): void {
    this.#workers.watch();
  }

  /**
   * Calls a function and waits for its answer.
   *
   * @throws {Problem} `worker-not-found`, `worker-unavailable`, `worker-busy`, `invalid-input`, or how the call failed.
   */
  async invoke(call: Call): Promise<Answer> {
    const worker = this.#workers.get(call.worker);
    const described = await this.#function(worker, call.function);
    const limits = limitsOf(described, this.#options.config);
    const invocation = { id: randomUUID(), call, limits, startedAt: new Date() };
    const queuedAt = performance.now();
    const admitted = await this.#admit(worker, invocation);
    return this.#serve(invocation, admitted, performance.now() - queuedAt);
  }

  /** Ends all Python processes. */
  async stop(): Promise<void> {
    this.#workers[Symbol.dispose]();
    await this.#base.stop();
    await this.#run.remove();
  }

  async #listed(worker: Worker): Promise<ListedWorker> {
    const { name, file } = worker;
    try {
      const { functions } = await worker.zygote();
      const { config } = this.#options;
      return {
        name,
        file,
        functions: [...functions.values()].map((described) => ({
          ...described,
          limits: limitsOf(described, config),
        })),
      };
    } catch (error) {
      return { name, file, error: (error as Error).message };
    }
  }

  async #function(worker: Worker, name: string): Promise<DescribedFunction> {
    const { functions } = await this.#zygote(worker);
    const described = functions.get(name);
    if (!described)
      throw new Problem(
        'worker-not-found',
        `Worker '${worker.name}' has no function '${name}'. ${nearNames(name, [...functions.keys()])}`,
      );
    if (described.error !== null) throw new Problem('worker-unavailable', described.error);
    return described;
  }

  async #zygote(worker: Worker): Promise<WorkerZygote> {
    try {
      return await worker.zygote();
    } catch (error) {
      const failure = error instanceof WorkerImportError ? { traceback: error.failure.traceback } : {};
      throw new Problem(
        'worker-unavailable',
        `Worker '${worker.name}' does not load: ${(error as Error).message}.`,
        { ...failure, cause: error },
      );
    }
  }

  /** Waits for a slot and for a child that is ready. */
  async #admit(worker: Worker, invocation: Invocation): Promise<Admitted> {
    try {
      const slot = await this.#admission.enter(invocation.call.signal);
      try {
        return { slot, ...(await this.#take(worker)) };
      } catch (error) {
        slot[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      this.#record(invocation, { outcome: outcomeOf(error), detail: (error as Error).message });
      throw error;
    }
  }

  async #take(worker: Worker): Promise<Omit<Admitted, 'slot'>> {
    for (let handovers = 0; ; handovers += 1) {
      const zygote = await this.#zygote(worker);
      try {
        return { zygote, child: await zygote.take() };
      } catch (error) {
        if (error instanceof ZygoteGone && handovers < maxHandovers) continue;
        throw new Problem('worker-crashed', `Worker '${worker.name}': its zygote keeps dying.`, {
          cause: error,
        });
      }
    }
  }

  async #serve(invocation: Invocation, { slot, child, zygote }: Admitted, queueMs: number): Promise<Answer> {
    const { id, call, limits } = invocation;
    const grant = this.#options.grant(id);
    const order = {
      invocationId: id,
      requestId: call.requestId,
      function: call.function,
      environment: grant.environment,
    };
    child.output.redirect((message, stream) => this.#logOutput(invocation, message, stream));
    const startedAt = performance.now();
    const served = await serveCall(child, order, call.input, {
      limits,
      signal: call.signal,
      idlePid: () => zygote.idlePid(),
    });
    const runMs = performance.now() - startedAt;
    const { verdict, peakMemoryBytes } = served;
    const failure =
      verdict.kind === 'result'
        ? undefined
        : problemOf(verdict, { name: `${call.worker}.${call.function}`, limits, peakMemoryBytes });
    const bytesOut = verdict.kind === 'result' ? verdict.json.byteLength : 0;
    void child.ended.then((end) => {
      slot[Symbol.dispose]();
      grant[Symbol.dispose]();
      const usage = end.kind === 'exited' ? { cpuMs: end.exit.cpuMs, minorFaults: end.exit.minorFaults } : {};
      const outcome =
        failure === undefined
          ? { outcome: 'ok' as const }
          : { outcome: outcomeOf(failure), detail: failure.message };
      const { cutBytes } = child.output.lines;
      this.#record(invocation, { ...outcome, ...usage, queueMs, runMs, peakMemoryBytes, bytesOut, cutBytes });
    });
    if (failure) {
      if (failure instanceof Problem && failure.options.traceback)
        this.#options.log.error({
          message: failure.message,
          requestId: call.requestId,
          invocationId: id,
          traceback: failure.options.traceback,
        });
      throw failure;
    }
    return { invocationId: id, json: (verdict as { json: Buffer }).json, queueMs, runMs };
  }

  #logOutput({ id, call }: Invocation, message: string, stream: 'stdout' | 'stderr'): void {
    const { worker, function: name, requestId } = call;
    this.#options.log.info({ message, requestId, invocationId: id, worker, function: name, stream });
  }

  /** One record and one log line for each invocation, however it ended. */
  #record(
    { id, call, startedAt }: Invocation,
    ending: Pick<InvocationRecord, 'outcome'> & Partial<InvocationRecord>,
  ): void {
    const record: InvocationRecord = {
      id,
      requestId: call.requestId,
      worker: call.worker,
      function: call.function,
      startedAt: startedAt.toISOString(),
      queueMs: 0,
      runMs: 0,
      cpuMs: 0,
      peakMemoryBytes: 0,
      minorFaults: 0,
      bytesIn: call.input.byteLength,
      bytesOut: 0,
      cutBytes: 0,
      ...ending,
    };
    this.#options.invocations.add(record);
    const { id: invocationId, ...fields } = record;
    this.#options.log.info({
      message: 'invocation',
      invocationId,
      ...fields,
      queueMs: round(fields.queueMs),
      runMs: round(fields.runMs),
    });
  }
}

function workersDirectory({ root }: Config): string {
  return join(root, 'workers');
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
