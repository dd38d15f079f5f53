import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

import type { Log } from '#lib/log';

import { OutputLines } from '../output/output-lines.ts';
import type { OutputLog } from '../output/output-log.ts';
import type { OutputEntry } from '../output/output-records.ts';
import type { Child } from '../processes/child.ts';
import { Offspring } from '../processes/offspring.ts';
import { removeDirectory } from '../processes/temporary-directory.ts';
import { within } from '../processes/within.ts';
import { Connection } from '../wire/connection.ts';
import type { Interpreter } from './interpreter.ts';

export interface BaseZygoteOptions {
  readonly interpreter: Interpreter;
  readonly workersDirectory: string;
  /** Holds the sockets and the children's temporary directories. */
  readonly runDirectory: string;
  readonly log: Log;
  readonly output: OutputLog;
}

type Subprocess = ReturnType<typeof spawn>;

/** With what the kernel can confine processes. */
export interface Kernel {
  /** The version of its Landlock; 0 where there is none. */
  readonly landlock: number;
  readonly seccomp: boolean;
}

interface BaseParts {
  readonly process: Subprocess;
  readonly control: Connection;
  readonly socket: string;
  readonly kernel: Kernel;
}

/**
 * The process that all Python processes descend from: interpreter, runtime and pydantic, loaded once. It forks a
 * worker zygote for each connection.
 */
export class BaseZygote {
  readonly #process: Subprocess;
  readonly #control: Connection;
  readonly #socket: string;
  readonly #offspring: Offspring;
  readonly kernel: Kernel;
  /** Resolved when the process is gone, with how it ended. */
  readonly ended: Promise<string>;

  private constructor({ process, control, socket, kernel }: BaseParts, offspring: Offspring) {
    this.kernel = kernel;
    this.#process = process;
    this.#control = control;
    this.#socket = socket;
    this.#offspring = offspring;
    this.ended = process.then(({ signal, exitCode }) =>
      signal ? `signal ${signal}` : `exit status ${exitCode}`,
    );
  }

  /** @throws when the process ends before it listens; its last words are in the message. */
  static async start(options: BaseZygoteOptions): Promise<BaseZygote> {
    const { interpreter, runDirectory, log, output } = options;
    const directory = await mkdtemp(join(runDirectory, 'base-'));
    const process = spawn(interpreter, options, directory);
    const words: string[] = [];
    const listening = Promise.withResolvers<Kernel | undefined>();
    const lines = new OutputLines(({ message }) => {
      const [, kernel] = /^listening (\{.*\})$/.exec(message) ?? [];
      if (kernel !== undefined) return listening.resolve(JSON.parse(kernel) as Kernel);
      words.push(message);
      log.warn({ message, process: 'base zygote' });
    });
    process.stdout.on('data', (data: Buffer) => lines.write('stdout', data));
    process.stderr.on('data', (data: Buffer) => lines.write('stderr', data));
    void process.then(() => listening.resolve(undefined));
    const kernel = await listening.promise;
    if (!kernel) throw new Error(`Python's base zygote ended at its start: ${words.slice(-3).join(' ')}`);
    void process.then(() => removeDirectory(directory));
    const socket = join(directory, 'base.sock');
    const control = await Connection.open(socket);
    const sink = (pid: number) => (entry: OutputEntry) => output.write(entry, { process: `zygote ${pid}` });
    return new BaseZygote({ process, control, socket, kernel }, new Offspring({ control, directory, sink }));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** A process that becomes a worker zygote when it is told which. */
  async fork(): Promise<Child> {
    const child = await this.#offspring.fork(this.#socket);
    if (!child) throw new Error("Python's base zygote forked a process that ended at once");
    return child;
  }

  /** Ends the process and all below it; those that are left after the grace period are killed. */
  async stop(graceMs: number): Promise<void> {
    this.#control.close();
    if ((await within(graceMs, this.ended)) === undefined) this.#process.kill('SIGKILL');
    await this.ended;
  }
}

/** `workers/` comes last on the path: a worker may be named like a module of the standard library. */
const program = 'import sys; sys.path.append(sys.argv.pop(1)); from heady.runtime.base import main; main()';

function spawn(
  { bin, environment }: Interpreter,
  { workersDirectory, runDirectory }: BaseZygoteOptions,
  directory: string,
) {
  // -u: what is printed is written at once, so that no child has anything left to write at its end
  return execa(bin, ['-P', '-u', '-c', program, workersDirectory, directory], {
    env: environment,
    extendEnv: false,
    cwd: runDirectory,
    stdin: 'ignore',
    detached: true, // Ctrl-C in a terminal is the server's to handle
    reject: false,
    buffer: false,
  });
}
