import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';

import type { FileMessage } from '../wire/answer-messages.ts';

/** A file that a function has returned: open, and there until it is read or closed, whatever becomes of its process. */
export class ReturnedFile implements AsyncDisposable {
  readonly name: string;
  /** Its media type, as the function says. */
  readonly type: string;
  readonly bytes: number;
  readonly #handle: FileHandle;
  #isRead = false;

  private constructor(handle: FileHandle, { name, type }: FileMessage, bytes: number) {
    this.#handle = handle;
    this.name = name;
    this.type = type;
    this.bytes = bytes;
  }

  /** Opens the file; undefined where it is none, or not in the directory of the process that says so. */
  static async open(message: FileMessage, directory: string): Promise<ReturnedFile | undefined> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const handle = await open(message.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
    if (!handle) return undefined;
    const stats = await handle.stat();
    if (stats.isFile() && (await isWithin(directory, handle, message.path))) {
      // A path through further folders could by now lead elsewhere: the process may have swapped one for a link.
      if (message.copied && dirname(message.path) === directory) await rm(message.path, { force: true });
      return new ReturnedFile(handle, message, stats.size);
    }
    await handle.close();
    return undefined;
  }

  /** Its bytes, once, read as they are asked for; it is closed at their end, and when the stream is canceled. */
  stream(): ReadableStream<Uint8Array> {
    if (this.#isRead) throw new TypeError(`the returned file ${this.name} can be read once`);
    this.#isRead = true;
    const { bytes } = this;
    const file = this.#handle.createReadStream({ end: Math.max(0, bytes - 1) }); // no more than was promised
    return Readable.toWeb(file) as ReadableStream<Uint8Array>;
  }

  /** The same bytes, for a loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield* this.stream() as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  }

  /** Closes it, unless it is being read. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isRead) await this.#handle.close();
  }
}

/** By what was opened, where the system tells: a process may have put another file in the place of the one it named. */
async function isWithin(directory: string, handle: FileHandle, path: string): Promise<boolean> {
  const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => realpath(path));
  return opened.startsWith(`${await realpath(directory)}/`);
}
