import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Recorded {
  readonly path: string;
  readonly authorization: string | undefined;
  /** Whether the one who asked went away before the answer was whole. */
  abandoned: boolean;
}

/** Stands where Hugging Face would: notes what comes, and passes it on to another server. */
export class Recorder implements Disposable {
  readonly requests: Recorded[] = [];
  readonly #target: string;
  readonly #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  #port = 0;

  private constructor(target: string) {
    this.#target = target;
  }

  static async start(target: string): Promise<Recorder> {
    const recorder = new Recorder(target);
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    recorder.#port = (recorder.#server.address() as AddressInfo).port;
    return recorder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { url: path = '', method, headers } = incoming;
    const recorded: Recorded = { path, authorization: headers.authorization, abandoned: false };
    this.requests.push(recorded);
    const upstream = request(`${this.#target}${path}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      recorded.abandoned = !outgoing.writableFinished;
      upstream.destroy();
    });
    incoming.pipe(upstream);
  }
}
