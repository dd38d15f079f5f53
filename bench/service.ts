import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { build, makeProject, type Project } from '../tests/project.ts';
import { apiKey, type LogLine, TestServer } from '../tests/server.ts';
import { HttpCaller } from './http-caller.ts';
import { python } from './machine.ts';
import type { Subject } from './subject.ts';

/** As on a host; the token is never used, as the trivial worker asks for no inference. */
export const productionEnvironment = {
  NODE_ENV: 'production',
  HEADY_API_KEY: apiKey,
  HF_TOKEN: 'hf_not_used_by_the_benchmark',
  HEADY_HF_MOCK: '0',
  HEADY_PY_LOAD: 'ahead',
  HEADY_HF_URL: 'http://127.0.0.1:2', // nobody is there: else a name server is asked, which there may not be
};

/** A built copy of the project with the trivial worker as its only one, so that nothing else runs beside it. */
export async function makeBenchProject(): Promise<Project> {
  const project = makeProject(join(import.meta.dirname, 'overlay'));
  rmSync(join(project.root, 'workers/process_data.py'));
  await build(project.root);
  return project;
}

/** What is measured: the service, each call in a process of its own. */
export class ServiceSubject implements Subject {
  readonly #server: TestServer;
  readonly #caller: HttpCaller;

  private constructor(server: TestServer, path = '/api/workers/trivial/echo') {
    this.#server = server;
    this.#caller = new HttpCaller(`${server.url}${path}`, { authorization: `Bearer ${apiKey}` });
  }

  /** @param concurrency - HEADY_PY_MAX_CONCURRENCY; without it the default holds. */
  static async start(
    root: string,
    concurrency?: number,
    further: Readonly<Record<string, string>> = {},
  ): Promise<ServiceSubject> {
    const env = {
      ...productionEnvironment,
      ...further,
      HEADY_PY_MAX_CONCURRENCY: concurrency?.toString(),
      BENCH_PYTHON: python,
      BENCH_PERSISTENT: join(import.meta.dirname, 'baseline/persistent.py'),
    };
    return new ServiceSubject(await TestServer.start({ root, env }));
  }

  /** Another path of the same server. */
  at(path: string): Subject {
    const other = new ServiceSubject(this.#server, path);
    return { call: () => other.call(), [Symbol.asyncDispose]: async () => other.#caller[Symbol.dispose]() };
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** The log lines of the calls so far: what each child has used. */
  get invocations(): LogLine[] {
    return this.#server.lines.filter(({ message }) => message === 'invocation');
  }

  async call(): Promise<void> {
    await this.#caller.call();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}
