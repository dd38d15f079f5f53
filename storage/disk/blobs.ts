import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, glob, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ignoreMissing } from '../faults.ts';
import { ContentWriter } from './content-writer.ts';
import { makeDirectory, syncDirectory, writeDurably } from './durable.ts';
import { readPieces } from './read-pieces.ts';

/** Content on the medium, by the name of the file that it lies in. */
export interface Blob {
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: Buffer;
}

interface WriteOptions {
  /** 0 where that is not known. */
  readonly expectedBytes: number;
  readonly signal: AbortSignal;
  /** Called with what has come so far, before it is written. */
  readonly onBytes: (bytes: number) => void;
}

/** Contents of files, each in a file of a random name that is written once and never changed. */
export class Blobs {
  readonly #directory: string;
  /** Where content lies until it is whole, on the same disk. */
  readonly #incoming: string;

  constructor(directory: string, incoming: string) {
    this.#directory = directory;
    this.#incoming = incoming;
  }

  async prepare(): Promise<void> {
    await makeDirectory(this.#directory);
    await makeDirectory(this.#incoming);
    for await (const name of glob('*', { cwd: this.#incoming })) await rm(join(this.#incoming, name));
  }

  async write(
    content: AsyncIterable<Uint8Array>,
    { expectedBytes, signal, onBytes }: WriteOptions,
  ): Promise<Blob> {
    const blob = randomUUID();
    const path = join(this.#incoming, blob);
    const digest = createHash('sha256');
    let bytes = 0;
    await writeDurably(path, async (file) => {
      const writer = new ContentWriter(file, expectedBytes);
      for await (const piece of content) {
        signal.throwIfAborted();
        bytes += piece.byteLength;
        onBytes(bytes);
        digest.update(piece);
        await writer.write(piece);
      }
      await writer.end();
    });
    await rename(path, this.#pathOf(blob));
    await syncDirectory(this.#directory);
    return { blob, bytes, sha256: digest.digest() };
  }

  /**
   * Gives content that lies elsewhere on the same disk a name among these, and has it on the medium. It keeps its other
   * one, so that a crash leaves it in its place or in both.
   *
   * @returns undefined where nothing lies there.
   */
  async link(place: string): Promise<Blob | undefined> {
    const file = await open(place, 'r').catch(ignoreMissing);
    if (!file) return undefined;
    await using _ = file;
    const blob = randomUUID();
    const digest = createHash('sha256');
    const { size: bytes } = await file.stat();
    for await (const piece of readPieces(file, { first: 0, last: bytes - 1 })) digest.update(piece);
    await file.sync();
    await link(place, this.#pathOf(blob));
    await syncDirectory(this.#directory);
    return { blob, bytes, sha256: digest.digest() };
  }

  async has(blob: string): Promise<boolean> {
    return stat(this.#pathOf(blob)).then(
      () => true,
      () => false,
    );
  }

  /** Undefined when it is gone. */
  async open(blob: string): Promise<FileHandle | undefined> {
    return open(this.#pathOf(blob), 'r').catch(ignoreMissing);
  }

  async remove(blob: string): Promise<void> {
    await rm(this.#pathOf(blob), { force: true });
  }

  /** Removes all but those that are in use. */
  async sweep(isUsed: (blob: string) => boolean): Promise<void> {
    for await (const name of glob('*', { cwd: this.#directory }))
      if (!isUsed(basename(name))) await this.remove(name);
  }

  #pathOf(blob: string): string {
    return join(this.#directory, blob);
  }
}
