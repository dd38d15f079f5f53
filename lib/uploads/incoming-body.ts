import type { H3Event } from 'h3';

import { incomingPieces } from '#lib/http';

/** The body of a request as it comes, and what was wrong with it: `@tus/server` keeps that to itself. */
export class IncomingBody {
  #fault: unknown;
  readonly #event: H3Event;

  constructor(event: H3Event) {
    this.#event = event;
  }

  get fault(): unknown {
    return this.#fault;
  }

  /** The bytes; each piece's memory belongs to the reader. Nothing is read before somebody reads, or ahead. */
  stream(): ReadableStream<Uint8Array> {
    const pieces = incomingPieces(this.#event);
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const { done, value } = await pieces.next().catch((fault: unknown) => {
        throw (this.#fault = fault);
      });
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new ReadableStream(
      { pull, cancel: async () => void (await pieces.return(undefined)) },
      { highWaterMark: 0 },
    );
  }
}
