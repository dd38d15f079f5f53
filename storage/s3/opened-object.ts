import type { Readable } from 'node:stream';

import { GetObjectCommand } from '@aws-sdk/client-s3';

import { type ByteRange, type OpenedFile, ReplacedError, type StoredFile } from '../store.ts';
import type { Bucket } from './bucket.ts';
import { isAboutObject } from './failures.ts';
import { quoted } from './object-facts.ts';

/** How long the next bytes may take. Of the time that a reader takes nothing counts. */
const idleMs = 30_000;

/** An object that was there, and is asked for when its content is read. */
export class OpenedObject implements OpenedFile {
  readonly file: StoredFile;
  readonly #bucket: Bucket;
  readonly #name: string;
  readonly #closed = new AbortController();

  constructor(bucket: Bucket, name: string, file: StoredFile) {
    this.#bucket = bucket;
    this.#name = name;
    this.file = file;
  }

  async *pieces(range?: ByteRange): AsyncGenerator<Uint8Array> {
    if (this.file.bytes === 0) return; // S3 has no range of nothing
    const ended = new AbortController();
    const body = await this.#get(range, AbortSignal.any([ended.signal, this.#closed.signal]));
    const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const { value, done } = await this.#next(pieces, ended);
        if (done) return;
        yield value;
      }
    } finally {
      ended.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
  }

  /** With `IfMatch`, so that content is never that of another object than was told of. */
  async #get(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket.name,
      Key: this.#name,
      IfMatch: quoted(this.file.etag),
      ...(range && { Range: `bytes=${range.first}-${range.last}` }),
    });
    const { Body } = await this.#bucket.send(command, { signal }).catch((error: unknown) => {
      throw isAboutObject(error) ? new ReplacedError(this.file.key) : error;
    });
    return Body as Readable; // in Node
  }

  async #next(pieces: AsyncIterator<Uint8Array>, ended: AbortController) {
    const late = setTimeout(
      () => ended.abort(this.#bucket.failed(new DOMException('no bytes come', 'TimeoutError'))),
      idleMs,
    );
    try {
      return await pieces.next();
    } catch (error) {
      ended.signal.throwIfAborted();
      this.#closed.signal.throwIfAborted();
      throw this.#bucket.failed(error);
    } finally {
      clearTimeout(late);
    }
  }
}
