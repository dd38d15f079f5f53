import type { IncomingMessage } from 'node:http';

import type { H3Event } from 'h3';

import { endOfRequest } from '#lib/http';
import { Problem } from '#lib/problems';

/** A line that brings less than this in this time brings nothing: it may as well begin anew. */
const leastBytes = 1024;
const windowMs = 30_000;

/** The body of a request as it comes, and what was wrong with it: `@tus/server` keeps that to itself. */
export class IncomingBody {
  #fault: Problem | undefined;
  readonly #event: H3Event;
  /** Since the last look at its pace. */
  #bytes = 0;
  #isWaitedFor = false;

  constructor(event: H3Event) {
    this.#event = event;
  }

  get fault(): Problem | undefined {
    return this.#fault;
  }

  /** The bytes; each piece's memory belongs to the reader. Nothing is read before somebody reads, or ahead. */
  stream(): ReadableStream<Uint8Array> {
    const message = this.#event.runtime?.node?.req as IncomingMessage; // there is no HTTP/2 here
    // to destroy it would be to destroy the connection, on which there is still to be an answer
    const pieces = message.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
    let watch: (() => void) | undefined;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      watch ??= this.#watchPace((fault) => controller.error(fault));
      const { done, value } = await this.#next(pieces);
      if (!done) return controller.enqueue(value);
      watch();
      controller.close();
    };
    return new ReadableStream({ pull }, { highWaterMark: 0 });
  }

  async #next(pieces: AsyncIterableIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    this.#isWaitedFor = true;
    try {
      const next = await pieces.next();
      this.#bytes += next.value?.byteLength ?? 0;
      return next;
    } catch (cause) {
      throw (this.#fault = new Problem('malformed-body', 'The body broke off before its end.', { cause }));
    } finally {
      this.#isWaitedFor = false;
    }
  }

  /** @returns what ends the watch, as the request's end does. */
  #watchPace(tell: (fault: Problem) => void): () => void {
    const look = () => {
      if (this.#isWaitedFor && this.#bytes < leastBytes) tell((this.#fault = tooSlow()));
      this.#bytes = 0;
    };
    const timer = setInterval(look, windowMs).unref();
    const end = () => clearInterval(timer);
    const over = endOfRequest(this.#event);
    if (over.aborted) end();
    else over.addEventListener('abort', end, { once: true });
    return end;
  }
}

function tooSlow(): Problem {
  return new Problem(
    'request-timeout',
    `Less than ${leastBytes} bytes came in ${windowMs / 1000} s. What has come is kept: ask by HEAD how much that is.`,
  );
}
