import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { HttpCaller } from './http-caller.ts';
import type { Subject } from './subject.ts';

/** A server in a process of its own, which ends with the benchmark. */
export class ProcessSubject implements Subject {
  readonly #process: ChildProcess;
  readonly #caller: HttpCaller;

  constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#caller = new HttpCaller(url);
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
