import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { waitFor } from '../server.ts';

/** A connection that sends exactly what it is told, keeps what comes, and leaves it to the server to close it. */
export class RawConnection implements Disposable {
  received = '';
  /** Whether the server has closed its side, or the whole connection. */
  ended = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    socket.on('end', () => (this.ended = true));
    socket.on('error', () => (this.ended = true));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  send(...lines: readonly string[]): void {
    this.#socket.write(lines.join('\r\n'));
  }

  async receive(pattern: RegExp, timeoutMs?: number): Promise<void> {
    await waitFor(() => pattern.test(this.received) || undefined, timeoutMs);
  }

  async end(timeoutMs: number): Promise<void> {
    await waitFor(() => this.ended || undefined, timeoutMs);
  }

  /** Breaks it off, as the system of a client that has crashed does. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
