import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { HttpCaller } from './http-caller.ts';
import { python } from './machine.ts';
import type { Subject } from './subject.ts';

const server = join(import.meta.dirname, 'baseline/server.ts');

/** The lower bound: one Python process that serves all calls, behind a plain HTTP server. */
export class PersistentBaseline implements Subject {
  readonly #process: ChildProcess;
  readonly #caller: HttpCaller;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.#caller = new HttpCaller(`http://127.0.0.1:${port}/`);
  }

  static async start(): Promise<PersistentBaseline> {
    const child = spawn(process.execPath, [server, python], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return new PersistentBaseline(child, Number(port));
  }

  async call(): Promise<void> {
    await this.#caller.call();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller[Symbol.dispose]();
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
  }
}
