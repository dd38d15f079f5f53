import { randomUUID } from 'node:crypto';
import { constants, glob, open, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';

import { DataStore, ERRORS, Upload } from '@tus/server';
import { z } from 'zod';

import { release } from '#lib/memory';
import { Problem } from '#lib/problems';

import { ignoreMissing, isFull } from '../faults.ts';
import { headBytes, type UploadStore } from '../upload-store.ts';
import { makeDirectory, replaceDurably, writeDurably } from './durable.ts';

const schema = z.object({
  size: z.int().min(0),
  metadata: z.record(z.string(), z.string().nullable()).optional(),
  creation_date: z.iso.datetime(),
});

/**
 * Uploads on a disk: of each what was said at its creation and, in a file of its own, what has come of it. That file is
 * taken away when it is complete: an upload without content is one that has become a file. `@tus/file-store` is no
 * match, as it writes nothing to the medium, and takes a half-written note for none.
 */
export class DiskUploads extends DataStore implements UploadStore {
  readonly isRemote = false;
  readonly quarantine: string;
  readonly #contents: string;
  readonly #notes: string;

  private constructor(directory: string) {
    super();
    this.#contents = join(directory, 'contents');
    this.#notes = join(directory, 'notes');
    this.quarantine = join(directory, 'quarantine');
  }

  /** Opens the folder, and sweeps what a crash has left in it. */
  static async open(directory: string): Promise<DiskUploads> {
    const uploads = new DiskUploads(directory);
    await uploads.#sweep();
    return uploads;
  }

  override async create(upload: Upload): Promise<Upload> {
    const { id, size, metadata, creation_date } = upload;
    const note = JSON.stringify({ size, metadata, creation_date });
    try {
      await writeDurably(this.placeOf(id), async () => undefined);
      await replaceDurably(this.#noteOf(id), note, join(this.quarantine, randomUUID()));
    } catch (error) {
      await rm(this.placeOf(id), { force: true });
      throw fullOr(error);
    }
    return upload;
  }

  /** What had come when a connection breaks is kept, and is on the medium. */
  override async write(content: Readable, id: string, offset: number): Promise<number> {
    const { O_WRONLY, O_APPEND } = constants;
    await using file = await open(this.placeOf(id), O_WRONLY | O_APPEND).catch(ignoreMissing);
    if (!file) {
      content.resume(); // nothing is left to come of what is complete
      return offset;
    }
    if ((await file.stat()).size !== offset) throw ERRORS.INVALID_OFFSET;
    let end = offset;
    try {
      for await (const piece of content as AsyncIterable<Buffer<ArrayBuffer>>) {
        await file.writeFile(piece);
        end += piece.byteLength;
        release(piece);
      }
    } catch (error) {
      throw fullOr(error);
    } finally {
      await file.datasync();
    }
    return end;
  }

  override async getUpload(id: string): Promise<Upload> {
    const note = schema.parse(JSON.parse(await this.#readNote(id)));
    const { size, metadata, creation_date } = note;
    const content = await stat(this.placeOf(id)).catch(ignoreMissing);
    const offset = content?.size ?? size;
    return new Upload({ id, size, offset, creation_date, ...(metadata && { metadata }) });
  }

  /** The note goes first: content without one is nobody's, while a note without content is of a file. */
  override async remove(id: string): Promise<void> {
    await this.#readNote(id);
    await rm(this.#noteOf(id), { force: true });
    await rm(this.placeOf(id), { force: true });
  }

  placeOf(id: string): string {
    return join(this.#contents, idOf(id));
  }

  async head({ id }: Upload): Promise<Buffer> {
    await using file = await open(this.placeOf(id), 'r').catch(ignoreMissing);
    if (!file) return Buffer.alloc(0);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), { position: 0 });
    return buffer.subarray(0, bytesRead);
  }

  async *all(onFault: (error: Error) => void): AsyncGenerator<Upload> {
    for await (const name of glob('*.json', { cwd: this.#notes })) {
      const upload = await this.getUpload(basename(name, '.json')).catch(
        (cause: unknown) =>
          void onFault(
            new Error(`an upload is left out: ${join(this.#notes, name)} cannot be read`, { cause }),
          ),
      );
      if (upload) yield upload;
    }
  }

  #noteOf(id: string): string {
    return join(this.#notes, `${idOf(id)}.json`);
  }

  async #readNote(id: string): Promise<string> {
    const note = await readFile(this.#noteOf(id), 'utf8').catch(ignoreMissing);
    if (note === undefined) throw ERRORS.FILE_NOT_FOUND;
    return note;
  }

  async #sweep(): Promise<void> {
    for (const folder of [this.#contents, this.#notes, this.quarantine]) await makeDirectory(folder);
    for await (const name of glob('*', { cwd: this.quarantine })) await rm(join(this.quarantine, name));
    for await (const name of glob('*', { cwd: this.#contents })) {
      const note = await stat(join(this.#notes, `${name}.json`)).catch(ignoreMissing);
      if (!note) await rm(join(this.#contents, name));
    }
  }
}

/** What a client says is the id of an upload, as its name on the disk. */
function idOf(given: string): string {
  if (z.uuid().safeParse(given).success) return given;
  throw ERRORS.FILE_NOT_FOUND;
}

function fullOr(error: unknown): unknown {
  if (!isFull(error)) return error;
  const detail = 'The disk is full. What had come of the upload is kept.';
  return new Problem('storage-full', detail, { cause: error });
}
