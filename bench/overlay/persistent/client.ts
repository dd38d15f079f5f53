import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One Python process that serves all calls over a unix socket: length (4 bytes, big-endian), then JSON. */
export class PersistentClient {
  readonly #socket: Socket;
  readonly #waiting: ((answer: Buffer) => void)[] = [];
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async start(python: string, script: string): Promise<PersistentClient> {
    const directory = mkdtempSync(join(tmpdir(), 'persistent-'));
    process.on('exit', () => rmSync(directory, { recursive: true }));
    const listener = createServer().listen(join(directory, 'python.sock'));
    await once(listener, 'listening');
    spawn(python, [script, join(directory, 'python.sock')], { stdio: ['ignore', 'inherit', 'inherit'] });
    const [socket] = (await once(listener, 'connection')) as [Socket];
    return new PersistentClient(socket);
  }

  /** Answers come in the order of the calls. */
  async call(payload: Uint8Array): Promise<Buffer> {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.#waiting.push(resolve);
    const header = Buffer.alloc(4);
    header.writeUInt32BE(payload.length);
    this.#socket.write(Buffer.concat([header, payload]));
    return promise;
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE()) {
      const end = 4 + this.#received.readUInt32BE();
      this.#waiting.shift()?.(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
    }
  }
}
