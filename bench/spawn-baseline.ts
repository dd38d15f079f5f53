import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { python } from './machine.ts';
import { callTimeoutMs, checkAnswer, input, type Subject } from './subject.ts';

const worker = join(import.meta.dirname, 'baseline/worker.py');

/**
 * The way this job is usually done: `python3 worker.py` for each request. It is favoured: no HTTP server stands before
 * it, and nothing watches or limits its processes.
 */
export const spawnBaseline: Subject = {
  async call() {
    const child = spawn(python, [worker], { stdio: ['pipe', 'pipe', 'inherit'], timeout: callTimeoutMs });
    child.stdin.end(input);
    const [answer, [status, signal]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    checkAnswer(answer, `exit status ${status}, signal ${signal}`);
  },
  async [Symbol.asyncDispose]() {},
};
