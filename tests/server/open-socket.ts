import { WebSocket } from 'undici';

import { waitFor } from '../server.ts';

/** A WebSocket as Node's own client opens it, with what has come of it so far. */
export class OpenSocket implements Disposable {
  readonly received: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.received.push(String(data)));
    socket.addEventListener('close', ({ code, reason }) => (this.closed = { code, reason }));
  }

  /** @throws it was refused. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<OpenSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
    const opened = new OpenSocket(socket);
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('no WebSocket')));
    await promise;
    return opened;
  }

  send(message: string): void {
    this.#socket.send(message);
  }

  async receives(message: string): Promise<void> {
    await waitFor(() => this.received.includes(message) || undefined);
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    return waitFor(() => this.closed);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
