import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';

import type { Log } from '#lib/log';

import { Connection } from './connection.ts';
import { type Frame, FrameKind } from './frames.ts';
import type { Interpreter } from './interpreter.ts';
import { describeStatus, type Exit, exitedMessage, readLogChunk, readMessage } from './messages.ts';
import { OutputLines } from './output-lines.ts';

export interface BaseZygoteOptions {
  readonly interpreter: Interpreter;
  readonly workersDirectory: string;
  /** Holds the sockets and the children's temporary directories. */
  readonly runDirectory: string;
  readonly log: Log;
}

type Subprocess = ReturnType<typeof spawn>;

/** How a worker zygote is asked for. */
export interface OpenOrder {
  readonly name: string;
  readonly file: string;
  readonly socket: string;
  readonly directory: string;
}

/**
 * The process that all Python processes descend from: interpreter, runtime and pydantic, loaded once. It forks a
 * worker zygote for each connection.
 */
export class BaseZygote {
  readonly #process: Subprocess;
  readonly #socket: string;
  readonly #control: Connection;
  readonly #output = new Map<number, OutputLines>();
  readonly #log: Log;
  /** Resolved when the process is gone, with how it ended. */
  readonly ended: Promise<string>;

  private constructor(
    process: Subprocess,
    socket: string,
    { control, log }: { control: Connection; log: Log },
  ) {
    this.#process = process;
    this.#socket = socket;
    this.#log = log;
    this.#control = control;
    control.onFrame = (frame) => this.#receive(frame);
    this.ended = process.then(({ signal, exitCode }) =>
      signal ? `signal ${signal}` : `exit status ${exitCode}`,
    );
  }

  /** @throws when the process ends before it listens; its last words are in the message. */
  static async start(options: BaseZygoteOptions): Promise<BaseZygote> {
    const { interpreter, runDirectory, log } = options;
    const socket = join(runDirectory, `base-${Date.now().toString(36)}.sock`);
    const process = spawn(interpreter, options, socket);
    const words: string[] = [];
    const lines = new OutputLines((line) => {
      words.push(line);
      if (line !== 'listening') log.warn({ message: line, process: 'base zygote' });
    });
    const listening = Promise.withResolvers<boolean>();
    process.stdout.on('data', (data: Buffer) => {
      lines.write('stdout', data);
      if (words.includes('listening')) listening.resolve(true);
    });
    process.stderr.on('data', (data: Buffer) => lines.write('stderr', data));
    void process.then(() => listening.resolve(false));
    if (!(await listening.promise))
      throw new Error(`Python's base zygote ended at its start: ${words.slice(-3).join(' ')}`);
    return new BaseZygote(process, socket, { control: await Connection.open(socket), log });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks for a worker zygote; the first frame on the returned connection is its answer. */
  async open(order: OpenOrder): Promise<Connection> {
    const connection = await Connection.open(this.#socket);
    connection.sendJson(FrameKind.open, order);
    return connection;
  }

  /** Ends the process and all below it; those that are left after the grace period are killed. */
  async stop(graceMs: number): Promise<void> {
    this.#control.close();
    const gone = await Promise.race([this.ended, delay(graceMs, undefined, { ref: false })]);
    if (gone === undefined) this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** What worker zygotes print while they import, and how they end. */
  #receive(frame: Frame): void {
    if (frame.kind === FrameKind.log) {
      const { pid, stream, data } = readLogChunk(frame);
      this.#linesOf(pid).write(stream, data);
    } else if (frame.kind === FrameKind.exited) {
      const exit = readMessage(exitedMessage, frame);
      if (exit) this.#ended(exit);
    }
  }

  #ended({ pid, status }: Exit): void {
    this.#output.get(pid)?.end();
    this.#output.delete(pid);
    if (status !== 0) this.#log.warn({ message: `worker zygote ended with ${describeStatus(status)}`, pid });
  }

  #linesOf(pid: number): OutputLines {
    const known = this.#output.get(pid);
    if (known) return known;
    const lines = new OutputLines((line, stream) =>
      this.#log.info({ message: line, process: `zygote ${pid}`, stream }),
    );
    this.#output.set(pid, lines);
    return lines;
  }
}

/** `workers/` comes last on the path: a worker may be named like a module of the standard library. */
const program = 'import sys; sys.path.append(sys.argv.pop(1)); from heady.runtime.base import main; main()';

function spawn(
  { bin, environment }: Interpreter,
  { workersDirectory, runDirectory }: BaseZygoteOptions,
  socket: string,
) {
  return execa(bin, ['-P', '-c', program, workersDirectory, socket, runDirectory], {
    env: environment,
    extendEnv: false,
    cwd: runDirectory,
    stdin: 'ignore',
    detached: true, // Ctrl-C in a terminal is the server's to handle
    reject: false,
    buffer: false,
  });
}
