import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { waitFor } from '../tests/server.ts';
import { freePort } from './free-port.ts';

export interface ServerCommand {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Answered with any status once the server serves. */
  readonly path: string;
}

/** A server in a process of its own, in production mode, whose log goes nowhere: reading it would take of the cores. */
export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;
  #complaints = '';

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
    process.stderr?.on('data', (piece: Buffer) => (this.#complaints += piece.toString()));
  }

  /** Starts it on a free port and waits until it answers. */
  static async start({ command, cwd, env, path }: ServerCommand): Promise<ServerProcess> {
    const port = await freePort();
    const { PATH = '', HOME = '' } = process.env;
    const [file = '', ...words] = command;
    const child = spawn(file, words, {
      cwd,
      env: { PATH, HOME, NODE_ENV: 'production', PORT: String(port), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const server = new ServerProcess(port, child);
    try {
      await waitFor(() => server.#answers(path), 30_000);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${command.join(' ')} does not serve: ${server.#complaints}`, { cause: error });
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Ends it. @returns how long that took. */
  async end(): Promise<number> {
    const startedAt = performance.now();
    const exited = this.#hasExited ? undefined : once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
    return performance.now() - startedAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tooLong = setTimeout(() => this.#process.kill('SIGKILL'), 15_000);
    await this.end();
    clearTimeout(tooLong);
  }

  get #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #answers(path: string): Promise<true | undefined> {
    if (this.#hasExited) throw new Error('it has ended');
    const response = await fetch(`${this.url}${path}`).catch(() => undefined); // it does not listen yet
    await response?.body?.cancel();
    return response && response.status !== 503 ? true : undefined;
  }
}
