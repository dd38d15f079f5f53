import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The way to a server of S3: what goes over it is seen, and it can be broken. */
export class WayToS3 implements AsyncDisposable {
  /** Heads of the requests so far. */
  readonly requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  /** Requests at which the connection is lost. */
  breaksAt: (request: IncomingMessage) => boolean = () => false;
  /** Answers that are being sent. */
  answering = 0;
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer((incoming, outgoing) => this.#forward(target, incoming, outgoing));
  }

  static async to(target: string): Promise<WayToS3> {
    const way = new WayToS3(target);
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    return way;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url = '', headers } = incoming;
    this.requests.push({ method, url, headers });
    if (this.breaksAt(incoming)) return void incoming.socket.destroy();
    this.answering += 1;
    outgoing.once('close', () => (this.answering -= 1));
    const onward = request(`${target}${url}`, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}
