import type { Log } from '#lib/log';

import type { OutputLog } from '../output/output-log.ts';
import { type Child, orKill } from '../processes/child.ts';
import { type Lease, type Pool, ZygoteGone } from '../processes/lease.ts';
import { openPools } from '../processes/pools.ts';
import { describeStatus } from '../processes/process-messages.ts';
import { type Frame, FrameKind } from '../wire/frames.ts';
import { readMessage } from '../wire/messages.ts';
import type { BaseZygote } from './base-zygote.ts';
import type { DescribedFunction } from './described-function.ts';
import {
  type ForkWay,
  type LoadedMessage,
  type Failure,
  loadedMessage,
  needsMessage,
  readFailure,
} from './loading-messages.ts';
import type { Secrets } from './secrets.ts';
import { WorkerFailure } from './worker-failure.ts';

/** Which worker a process becomes the zygote of. */
export interface OpenOrder {
  readonly name: string;
  readonly file: string;
  /** The project's root. */
  readonly root: string;
  /** The limits of functions that declare none of their own. */
  readonly defaults: {
    readonly cpuSeconds: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
  };
  /** Variables of the import and of every child. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why no process is to be forked, where none is. */
  readonly unsafe: string | null;
  readonly sandbox: 'off' | 'auto' | 'require';
  /** From which on the worker's own records of `logging` are sent. */
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Folders that every worker may read. */
  readonly code: readonly string[];
  /** Folders that none may, nor one above them. */
  readonly private: readonly string[];
}

export interface WorkerZygoteOptions {
  readonly order: OpenOrder;
  /** The running base zygote. */
  readonly base: () => Promise<BaseZygote>;
  readonly importTimeoutMs: number;
  /** Forked children of each profile that wait ready, beyond those that serve. */
  readonly spares: number;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly output: OutputLog;
}

/** A process runs a worker's code, and may name as many modules as it likes. */
const mostImports = 5000;
const longestImport = 255;

/**
 * A worker file that has been imported, and its processes: forked from the one that has imported it, or, where that is
 * not safe, each in an interpreter of its own.
 */
export class WorkerZygote {
  readonly functions: ReadonlyMap<string, DescribedFunction>;
  readonly fork: ForkWay;
  /** The shared modules that it, or a process of it that may serve a further call, has looked for. */
  readonly imports: ReadonlySet<string>;
  readonly #process: Child;
  readonly #forks: boolean;
  /** By profile. */
  readonly #pools: ReadonlyMap<number, Pool>;
  #serving = 0;
  #retired = false;

  private constructor(
    process: Child,
    { functions, fork, imports }: LoadedMessage,
    options: WorkerZygoteOptions,
  ) {
    this.#process = process;
    this.functions = new Map(functions.map((described) => [described.name, described]));
    this.fork = fork;
    const known = new Set(imports);
    this.imports = known;
    const onImports = (names: readonly string[]) => {
      for (const name of names) if (known.size < mostImports && name.length <= longestImport) known.add(name);
    };
    this.#forks = functions.some(({ spawned }) => !spawned);
    this.#pools = openPools(process, functions, { ...options, onImports });
    if (this.#forks) void process.connection.closed.then(() => this.#close());
  }

  /** @throws {WorkerFailure} */
  static async load(options: WorkerZygoteOptions): Promise<WorkerZygote> {
    const { order, base, importTimeoutMs, output } = options;
    const process = await (await base()).fork();
    process.output.redirect((entry) => output.write(entry, { worker: order.name }));
    process.connection.sendJson(FrameKind.open, order);
    const answer = await orKill(process, importTimeoutMs, answerOf(process, options));
    const loaded = answer?.kind === FrameKind.loaded ? readMessage(loadedMessage, answer) : undefined;
    if (loaded) {
      tellFork(loaded.fork, options);
      return new WorkerZygote(process, loaded, options);
    }
    process.kill(); // what has said something else lives on
    throw new WorkerFailure(readFailure(answer) ?? (await endedInImport(process, order.file)));
  }

  /** Calls that it serves now. */
  get serving(): number {
    return this.#serving;
  }

  /** Whether a function of it asks to be kept ready. */
  get warm(): boolean {
    return this.functions.values().some(({ declared }) => declared.warm);
  }

  /** Its own process and those that wait for a call. */
  pids(): number[] {
    return [this.#process.pid, ...this.#pools.values().flatMap(({ idlePids }) => idlePids)];
  }

  /** Whether it takes no more calls. */
  get gone(): boolean {
    return this.#retired || (this.#forks && this.#process.connection.ended);
  }

  /** A waiting child, for what an idle one holds. */
  idlePid(): number | undefined {
    return this.#pools
      .values()
      .map(({ baselinePid }) => baselinePid)
      .find((pid) => pid !== undefined);
  }

  /**
   * A child that is ready for a call of the function.
   *
   * @throws {ZygoteGone}
   * @throws {WorkerFailure} no child comes to the point where it could serve.
   */
  async take({ profile, declared }: DescribedFunction): Promise<Lease> {
    const pool = this.#pools.get(profile);
    if (this.gone || !pool) throw new ZygoteGone();
    const lease = await pool.take((declared.graceSeconds ?? 0) * 1000);
    this.#serving += 1;
    return { ...lease, finish: (verdict) => lease.finish(verdict).finally(() => this.#served()) };
  }

  /** Takes no new calls; the process ends with its last call. */
  retire(): void {
    this.#retired = true;
    this.#close();
    if (this.#serving === 0) this.#process.connection.close();
  }

  #served(): void {
    this.#serving -= 1;
    if (this.#retired && this.#serving === 0) this.#process.connection.close();
  }

  #close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }
}

/** Says so where a worker's processes are not made in the quickest way. */
function tellFork({ way, why }: ForkWay, { order, log }: WorkerZygoteOptions): void {
  const how = {
    libc: undefined,
    os: 'is forked in the slower way',
    none: 'has a fresh interpreter for each call',
  }[way];
  if (how !== undefined) log.info({ message: `worker ${order.name} ${how}: ${why}` });
}

/** What a process says of the file that it was told to load; it gets the variables that the file is to have first. */
async function answerOf(process: Child, { order, secrets }: WorkerZygoteOptions): Promise<Frame | undefined> {
  const { connection } = process;
  const answer = await connection.next();
  if (answer?.kind !== FrameKind.needs) return answer;
  try {
    connection.sendJson(FrameKind.prepare, secrets.values(readMessage(needsMessage, answer) ?? []));
  } catch (error) {
    connection.close();
    throw new WorkerFailure({
      message: (error as Error).message,
      file: order.file,
      line: null,
      traceback: '',
    });
  }
  return connection.next();
}

async function endedInImport(process: Child, file: string): Promise<Failure> {
  const end = await process.ended;
  const how = end.kind === 'exited' ? ` with ${describeStatus(end.exit.status)}` : '';
  return { message: `its process ended${how} while it imported`, file, line: null, traceback: '' };
}
