import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';

export const apiKey = 'a-key-for-tests-of-thirty-two-chars-or-more';

export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

interface ServerOptions {
  readonly root: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `dev` runs the development server. */
  readonly words?: readonly string[];
  /** A command that runs the server, given after its own arguments. */
  readonly within?: readonly string[];
  /** The user that it runs as, if not the current one. */
  readonly uid?: number;
}

/** A server in a process of its own, as `node heady-manager.js` runs it. */
export class TestServer implements AsyncDisposable {
  readonly url: string;
  readonly process: ReturnType<typeof spawnServer>;
  readonly #output: Output;

  private constructor(url: string, process: TestServer['process'], output: Output) {
    this.url = url;
    this.process = process;
    this.#output = output;
  }

  /** Starts a server on a free port and waits until it listens. */
  static async start({ root, env = {}, ...options }: ServerOptions): Promise<TestServer> {
    const process = spawnServer({
      root,
      ...options,
      env: {
        PORT: '0',
        HEADY_LOG_FORMAT: 'json',
        HEADY_API_KEY: apiKey,
        HEADY_RATE_LIMIT_MAX: '1000000',
        HEADY_PY_LOAD: 'when-called', // of the many workers of the fixtures a test needs a few
        ...env,
      },
    });
    const output = new Output();
    process.all.on('data', (data: Buffer) => output.write(data.toString()));
    const ended = process.then(() => 'ended' as const);
    const listening = waitFor(() => output.lines.find(({ message }) => message === 'listening'), 30_000);
    const line = await Promise.race([listening, ended]).catch(() => 'late' as const);
    if (typeof line !== 'string') return new TestServer(`http://127.0.0.1:${line.port}`, process, output);
    process.kill('SIGKILL');
    throw new Error(`the server does not listen:\n${output.text}`);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Every log line so far. */
  get lines(): LogLine[] {
    return this.#output.lines;
  }

  get output(): string {
    return this.#output.text;
  }

  /** The first log line that fits, waited for. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return waitFor(() => this.lines.find(fits));
  }

  /** A request with the key. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
    });
  }

  /** Calls a Python function. */
  async call(path: string, input: unknown = {}, init: RequestInit = {}): Promise<Response> {
    const body = JSON.stringify(input);
    return this.fetch(`/api/workers/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      ...init,
    });
  }

  /** What a Python function returns. @throws the call was not answered with 200; the answer is in the message. */
  async answer<T>(path: string, input: unknown = {}): Promise<T> {
    const response = await this.call(path, input);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: status ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGTERM');
    await this.process;
  }
}

/** The launcher with nothing in its environment but what is given, so that CI's own variables change nothing. */
export function spawnServer({ root, env = {}, words = [], within = [], uid }: ServerOptions) {
  const { PATH, HOME } = process.env;
  const [command = '', ...args] = [...within, 'node', join(root, 'heady-manager.js'), ...words];
  return execa(command, args, {
    cwd: root,
    ...(uid !== undefined && { uid, gid: uid }),
    env: { PATH, HOME, ...env },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    forceKillAfterDelay: 15_000,
  });
}

/** Polls until there is a value. */
export async function waitFor<T>(
  find: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 20) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await delay(20);
  }
  throw new Error(`waited ${timeoutMs} ms in vain for: ${find}`);
}

/** What a process has written, with its JSON lines parsed as they come. */
class Output {
  readonly lines: LogLine[] = [];
  text = '';
  #open = '';

  write(chunk: string): void {
    this.text += chunk;
    const lines = `${this.#open}${chunk}`.split('\n');
    this.#open = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{"')) this.lines.push(JSON.parse(line) as LogLine);
  }
}
