import { mkdirSync } from 'node:fs';
import { finished } from 'node:stream/promises';

import { createStream, type RotatingFileStream } from 'rotating-file-stream';

interface KeptLinesOptions {
  readonly directory: string;
  /** What all files may take together; the oldest goes first. */
  readonly maxBytes: number;
  /** Called when no more can be written, once until it can be again. */
  readonly onFault: (error: Error) => void;
}

/** Files of a tenth of it: so much of the oldest lines is lost at once. */
const files = 10;
/** After a fault, such as a full disk, lines are left out for so long. */
const pauseMs = 60_000;
/** Lines that the disk has not taken yet. */
const maxWaitingBytes = 4 * 1024 ** 2;

/**
 * Log lines on a disk, in files that are rotated. What is wrong with them never is the service's own fault to die of: lines
 * are left out, and it is tried again after a while.
 */
export class KeptLines implements AsyncDisposable {
  readonly #options: KeptLinesOptions;
  #stream: RotatingFileStream | undefined;
  #pausedUntil = 0;

  constructor(options: KeptLinesOptions) {
    this.#options = options;
  }

  /** Lines with their ends. */
  write(lines: string): void {
    if (performance.now() < this.#pausedUntil) return;
    try {
      this.#stream ??= this.#open();
      if (this.#stream.writableLength > maxWaitingBytes) throw new Error('the disk is too slow for the log');
      this.#stream.write(lines);
    } catch (error) {
      this.#pause(error as Error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#pausedUntil = Infinity;
    if (!stream) return;
    stream.end();
    await finished(stream).catch(() => undefined); // told by its 'error'
  }

  #open(): RotatingFileStream {
    const { directory, maxBytes } = this.#options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const kilobytes = Math.max(1, Math.floor(maxBytes / files / 1024));
    const stream = createStream('service.log', {
      path: directory,
      size: `${kilobytes}K`,
      maxSize: `${kilobytes * (files - 1)}K`, // beside the one that is written
      history: '.history',
      mode: 0o600,
    });
    stream.on('error', (error) => this.#pause(error));
    return stream;
  }

  #pause(error: Error): void {
    const isNew = performance.now() >= this.#pausedUntil;
    this.#pausedUntil = performance.now() + pauseMs;
    this.#stream?.destroy();
    this.#stream = undefined;
    if (isNew) this.#options.onFault(error);
  }
}
