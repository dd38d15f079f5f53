import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

import { callTimeoutMs, checkAnswer, input } from './subject.ts';

/** Calls a URL over connections that stay open. `node:http`, as it takes the least of the cores that are measured. */
export class HttpCaller implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = new URL(url);
    this.#headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(input)),
      ...headers,
    };
  }

  async call(): Promise<void> {
    const signal = AbortSignal.timeout(callTimeoutMs);
    const outgoing = request(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: this.#headers,
      signal,
    });
    outgoing.end(input);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    checkAnswer(await text(response), `status ${response.statusCode}`);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
