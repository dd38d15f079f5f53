import type { FileHandle } from 'node:fs/promises';

/** Each call of the system costs a turn of a thread: 64 KB, as a socket gives them, take twice the time. */
const mostBufferBytes = 512 * 1024;
/** The medium begins to take what is written after so much, else all of it is waited for at the end. */
const syncBytes = 32 * 1024 ** 2;

/** Writes pieces of any size into a new file, in large ones: one buffer is filled while the other is written. */
export class ContentWriter {
  readonly #file: FileHandle;
  #buffer: Buffer;
  #spare: Buffer | undefined;
  #filled = 0;
  #unsynced = 0;
  #writing = Promise.resolve();
  #syncing = Promise.resolve();

  /** @param expectedBytes - of all pieces together; 0 where that is not known. */
  constructor(file: FileHandle, expectedBytes: number) {
    this.#file = file;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(expectedBytes || mostBufferBytes, mostBufferBytes));
  }

  /** Takes a piece; its memory may be used again when this is done. @throws what an earlier piece could not be written for */
  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.byteLength;) {
      const taken = Math.min(piece.byteLength - at, this.#buffer.byteLength - this.#filled);
      this.#buffer.set(piece.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#buffer.byteLength) await this.#flush();
    }
  }

  /** Waits until all is written, though not yet on the medium. */
  async end(): Promise<void> {
    try {
      await this.#flush();
      await this.#writing;
    } finally {
      await this.#syncing;
    }
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const full = this.#buffer.subarray(0, this.#filled);
    const spare = this.#spare ?? Buffer.allocUnsafeSlow(this.#buffer.byteLength);
    [this.#buffer, this.#spare] = [spare, this.#buffer];
    this.#filled = 0;
    this.#writing = this.#append(full);
    this.#writing.catch(() => undefined); // told by whoever awaits it next
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#file.writeFile(bytes); // on a handle: all of it, from where the last one ended
    this.#unsynced += bytes.byteLength;
    if (this.#unsynced < syncBytes) return;
    this.#unsynced = 0;
    await this.#syncing;
    this.#syncing = this.#file.datasync();
    this.#syncing.catch(() => undefined);
  }
}
