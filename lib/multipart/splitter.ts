import type { Readable, Writable } from 'node:stream';

import { Dicer } from '@fastify/busboy';

import { Problem } from '#lib/problems';

import type { PartHeaders } from './part-head.ts';

export interface Part {
  /** Counted from one. */
  readonly number: number;
  readonly headers: PartHeaders;
  readonly content: Readable;
}

export interface SplitterOptions {
  readonly boundary: string;
  readonly maxParts: number;
  /** Takes a part: reads its content to the end. Called for one part after the other. */
  readonly take: (part: Part) => Promise<void>;
}

/**
 * Splits what is written into parts. Of the library its inner layer: the outer one leaves out malformed parts without a
 * word. Disposing of it gives up the parts that are not yet taken.
 */
export class Splitter implements AsyncDisposable {
  /** Where the body goes, to its end. */
  readonly input: Writable;
  /** Settles when all parts are taken, or as soon as anything is wrong. */
  readonly done: Promise<void>;
  readonly #options: SplitterOptions;
  readonly #failure = Promise.withResolvers<never>();
  readonly #contents: Readable[] = [];
  #taken = Promise.resolve();
  #headless = 0;

  constructor(options: SplitterOptions) {
    const finished = Promise.withResolvers<void>();
    this.#options = options;
    this.input = new Dicer({ boundary: options.boundary })
      .on('error', () => this.fail(broken('ends before its closing boundary')))
      .on('finish', finished.resolve)
      .on('part', (content) => this.#open(content));
    this.done = Promise.race([this.#failure.promise, finished.promise.then(() => this.#finish())]);
  }

  /** Ends the splitting, unless something was wrong before. */
  fail(reason: unknown): void {
    this.#failure.reject(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const content of this.#contents) content.destroy(new Error('the body was given up'));
    await this.#taken.catch(() => undefined); // it was told already, or is not what failed first
  }

  async #finish(): Promise<void> {
    await this.#taken;
    if (this.#headless > 0) throw broken('has a part without an empty line after its headers');
  }

  #open(content: Readable): void {
    const number = this.#contents.push(content);
    this.#headless += 1;
    if (number > this.#options.maxParts) this.fail(tooMany(this.#options.maxParts));
    content.on('error', () => undefined); // the splitter tells it, or who takes the part
    content.on('header', (headers: PartHeaders) => {
      this.#headless -= 1;
      this.#queue({ number, headers, content });
    });
  }

  /** One after the other, though a thousand small ones may come at once: each may open a file. */
  #queue(part: Part): void {
    this.#taken = this.#taken.then(() => this.#options.take(part));
    this.#taken.catch((error) => this.fail(error));
  }
}

function broken(how: string): Problem {
  return new Problem('malformed-body', `The multipart body ${how}.`);
}

function tooMany(maxParts: number): Problem {
  return new Problem('payload-too-large', `The body has more than ${maxParts} parts.`, {
    limit: `${maxParts} parts`,
  });
}
