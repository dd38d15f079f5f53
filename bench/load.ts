import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Connections that send request after request, the next when the answer is there. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without it GET is sent. */
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  /** Answers of 200 to 299. */
  readonly answered: number;
  readonly refused: number;
  /** Requests without an answer. */
  readonly failed: number;
  readonly seconds: number;
  readonly p99Ms: number;
  /** What the generator itself took. */
  readonly cpuSeconds: number;
}

/** Makes load from a process of its own, the same for all rounds: its code is compiled once. */
export class LoadGenerator implements Disposable {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'load-generator.ts'));

  async run(load: Load): Promise<LoadResult> {
    this.#process.send(load);
    const [result] = (await once(this.#process, 'message')) as [LoadResult];
    return result;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
