import { join } from 'node:path';

import type { Log } from '#lib/log';

import type { BaseZygote } from './base-zygote.ts';
import { ChildPool, ZygoteGone } from './child-pool.ts';
import type { Child, OutputSink } from './child.ts';
import { type Frame, FrameKind } from './frames.ts';
import {
  type DescribedFunction,
  describeStatus,
  failedMessage,
  type Failure,
  loadedMessage,
  needsMessage,
  readMessage,
} from './messages.ts';
import { Offspring } from './offspring.ts';
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
  readonly sandbox: 'off' | 'auto' | 'require';
  /** Folders that every worker may read. */
  readonly code: readonly string[];
  /** Folders that none may, nor one above them. */
  readonly private: readonly string[];
}

interface WorkerZygoteOptions {
  readonly order: OpenOrder;
  readonly importTimeoutMs: number;
  /** Children of each profile that wait ready, beyond those that serve. */
  readonly spares: number;
  readonly secrets: Secrets;
  readonly log: Log;
}

/** A process that has imported one worker file and forks a child for each call, ahead of need. */
export class WorkerZygote {
  readonly functions: ReadonlyMap<string, DescribedFunction>;
  readonly #process: Child;
  /** By profile. */
  readonly #pools: readonly ChildPool[];
  #serving = 0;
  #retired = false;

  private constructor(
    process: Child,
    functions: readonly DescribedFunction[],
    { order, spares, secrets, log }: WorkerZygoteOptions,
  ) {
    const { connection, directory } = process;
    const sink =
      (pid: number): OutputSink =>
      (message) =>
        log.info({ message, worker: order.name, pid });
    const onFailure = ({ message }: Error) =>
      log.error({ message: `worker ${order.name} has no process that could serve: ${message}` });
    const offspring = new Offspring({ control: connection, sink });
    const profiles = new Map(functions.map((described) => [described.profile, described]));
    this.#process = process;
    this.functions = new Map(functions.map((described) => [described.name, described]));
    this.#pools = Array.from(profiles, ([profile, { prepared, declared }]) => {
      const socket = join(directory, `${profile}.sock`);
      const variables = () => (prepared ? secrets.values(declared.secrets) : undefined);
      return new ChildPool({ fork: async () => offspring.fork(socket, variables()), spares, onFailure });
    });
    void connection.closed.then(() => this.#close());
  }

  /** @throws {WorkerFailure} */
  static async load(base: BaseZygote, options: WorkerZygoteOptions): Promise<WorkerZygote> {
    const { order, importTimeoutMs, log } = options;
    const process = await base.fork();
    process.output.redirect((message, stream) => log.info({ message, worker: order.name, stream }));
    process.connection.sendJson(FrameKind.open, order);
    const timer = setTimeout(() => process.kill(), importTimeoutMs);
    const answer = await answerOf(process, options).finally(() => clearTimeout(timer));
    const loaded = answer?.kind === FrameKind.loaded ? readMessage(loadedMessage, answer) : undefined;
    if (loaded) return new WorkerZygote(process, loaded.functions, options);
    const failure = answer?.kind === FrameKind.failed ? readMessage(failedMessage, answer) : undefined;
    throw new WorkerFailure(failure ?? (await endedInImport(process, order.file)));
  }

  /** Whether it takes no more calls. */
  get gone(): boolean {
    return this.#retired || this.#process.connection.ended;
  }

  /** A waiting child, for what an idle one holds. */
  idlePid(): number | undefined {
    return this.#pools.map(({ idlePid }) => idlePid).find((pid) => pid !== undefined);
  }

  /**
   * A child that is ready for a call of the function, now the caller's.
   *
   * @throws {ZygoteGone}
   */
  async take({ profile }: DescribedFunction): Promise<Child> {
    const pool = this.#pools[profile];
    if (this.gone || !pool) throw new ZygoteGone();
    const child = await pool.take();
    this.#serving += 1;
    void child.ended.then(() => this.#served(pool));
    return child;
  }

  /** Takes no new calls; the process ends with its last call. */
  retire(): void {
    this.#retired = true;
    this.#close();
    if (this.#serving === 0) this.#process.connection.close();
  }

  #served(pool: ChildPool): void {
    this.#serving -= 1;
    if (!this.#retired) pool.replenish();
    else if (this.#serving === 0) this.#process.connection.close();
  }

  #close(): void {
    for (const pool of this.#pools) pool.close();
  }
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
