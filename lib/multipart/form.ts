import type { Readable } from 'node:stream';

import { formatBytes } from '#lib/config';
import { release } from '#lib/memory';
import { Problem, pointerTo } from '#lib/problems';

import { invalid, readHead } from './part-head.ts';
import type { Part } from './splitter.ts';

/** A file part, as it comes. */
export interface FilePart {
  readonly field: string;
  /** The base name that the client gave, made safe: to be shown, and to be offered for a download. */
  readonly name: string;
  /** The type that the client gave, unchecked. */
  readonly type: string;
  /** A piece's memory is gone when the next one is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Of one field that is no file. */
const maxFieldBytes = 1024 ** 2;

/** What a form's parts become: fields in memory, files with who takes them. */
export class Form {
  readonly fields = new Map<string, string[]>();
  readonly #onFile: (file: FilePart) => Promise<void>;
  readonly #maxTotalBytes: number;
  #totalBytes = 0;

  /** @param maxTotalBytes - of all fields together that are no files. */
  constructor(onFile: (file: FilePart) => Promise<void>, maxTotalBytes: number) {
    this.#onFile = onFile;
    this.#maxTotalBytes = maxTotalBytes;
  }

  /** @throws {Problem} */
  async take({ number, headers, content }: Part): Promise<void> {
    const { field, file } = readHead(headers, number);
    if (!file) return this.#keep(field, await this.#text(field, content));
    await this.#onFile({ field, ...file, content: released(content) });
  }

  #keep(field: string, value: string): void {
    const values = this.fields.get(field);
    if (values) values.push(value);
    else this.fields.set(field, [value]);
  }

  async #text(field: string, content: Readable): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of content as AsyncIterable<Buffer>) {
      bytes += piece.length;
      this.#totalBytes += piece.length;
      if (bytes > maxFieldBytes) throw tooLarge(field, maxFieldBytes);
      if (this.#totalBytes > this.#maxTotalBytes) throw tooLarge(field, this.#maxTotalBytes);
      pieces.push(piece);
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
    } catch {
      throw invalid(pointerTo(field), 'is not UTF-8: a file needs a file name');
    }
  }
}

function tooLarge(field: string, maxBytes: number): Problem {
  const limit = formatBytes(maxBytes);
  const detail = `brings the form's fields over ${limit}: send what is large as a file`;
  return new Problem('payload-too-large', `The fields of the form are larger than ${limit}.`, {
    limit,
    errors: [{ pointer: pointerTo(field), detail }],
  });
}

async function* released(content: Readable): AsyncGenerator<Uint8Array> {
  for await (const piece of content as AsyncIterable<Buffer<ArrayBuffer>>) {
    yield piece;
    release(piece);
  }
}
