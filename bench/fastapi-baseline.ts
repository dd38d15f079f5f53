import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { repository } from '../tests/project.ts';
import { HttpCaller } from './http-caller.ts';
import { python } from './machine.ts';
import type { Subject } from './subject.ts';

const folder = join(import.meta.dirname, 'baseline');
const venv = join(repository, 'node_modules/.cache/bench-venv');

/** FastAPI on uvicorn, one worker: what `isolation="reuse"` is measured against. */
export class FastApiBaseline implements Subject {
  readonly #process: ChildProcess;
  readonly #caller: HttpCaller;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.#caller = new HttpCaller(`http://127.0.0.1:${port}/echo`);
  }

  /** Makes its virtual environment when there is none. */
  static async start(): Promise<FastApiBaseline> {
    if (!existsSync(join(venv, 'bin/uvicorn'))) {
      execFileSync(python, ['-m', 'venv', venv]);
      const requirements = join(folder, 'requirements.txt');
      execFileSync(join(venv, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', requirements], {
        stdio: 'inherit',
      });
    }
    const port = await freePort();
    const words = ['fastapi_app:app', '--port', String(port), '--log-level', 'warning'];
    const child = spawn(join(venv, 'bin/uvicorn'), words, { cwd: folder, stdio: 'inherit' });
    const baseline = new FastApiBaseline(child, port);
    while (
      !(await baseline.call().then(
        () => true,
        () => false,
      ))
    )
      await delay(100);
    return baseline;
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
