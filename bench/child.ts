import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A script of this folder in a process of its own, which answers each order with a result. */
export class Child<Order extends object, Result> implements Disposable {
  readonly #process: ChildProcess;

  constructor(script: string) {
    this.#process = fork(join(import.meta.dirname, script));
  }

  async run(order: Order): Promise<Result> {
    const waiting = new AbortController();
    const ended = once(this.#process, 'exit', waiting).then(([status, signal]) => {
      throw new Error(`${this.#process.spawnargs.join(' ')} has ended: ${status ?? signal}`);
    });
    this.#process.send(order);
    try {
      const [result] = await Promise.race([once(this.#process, 'message', waiting), ended]);
      return result as Result;
    } finally {
      waiting.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
