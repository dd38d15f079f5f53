import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { callTimeoutMs } from './subject.ts';

export interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without it GET is sent. */
  readonly body?: string;
}

export interface Answer {
  readonly sentAt: number;
  readonly latencyMs: number;
  /** Undefined where none came. */
  readonly status: number | undefined;
}

/** Who uses a service as it is meant to be: a request at each of evenly spaced times, whatever becomes of the others. */
export class NormalClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #answers: Promise<Answer>[] = [];
  readonly #order: Order;
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(order: Order, perSecond: number) {
    this.#order = order;
    this.#running = this.#run(perSecond);
  }

  /** @returns every answer, in the order of their requests. */
  async stop(): Promise<Answer[]> {
    this.#stopped = true;
    await this.#running;
    const answers = await Promise.all(this.#answers);
    this.#agent.destroy();
    return answers;
  }

  async #run(perSecond: number): Promise<void> {
    const startedAt = performance.now();
    for (let sent = 0; !this.#stopped; sent += 1) {
      await delay(Math.max(0, startedAt + (sent * 1000) / perSecond - performance.now()));
      this.#answers.push(this.#ask());
    }
  }

  async #ask(): Promise<Answer> {
    const sentAt = performance.now();
    const status = await this.#statusOf(this.#order).catch(() => undefined);
    return { sentAt, latencyMs: performance.now() - sentAt, status };
  }

  async #statusOf({ url, headers, body }: Order): Promise<number | undefined> {
    const outgoing = request(url, {
      agent: this.#agent,
      signal: AbortSignal.timeout(callTimeoutMs),
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }
}
