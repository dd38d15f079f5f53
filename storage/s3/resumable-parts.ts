import type { Readable } from 'node:stream';

import { type MetadataValue, S3Store as TusS3Store } from '@tus/s3-store';

import { release } from '#lib/memory';

import { isMissing } from './failures.ts';
import { partBytesFor, partsOf } from './parts.ts';

/** Says of the rest of an upload which part it is the beginning of. */
const numberName = 'part-number';

interface Sending {
  readonly upload: MetadataValue;
  readonly content: AsyncIterable<Uint8Array>;
  readonly firstNumber: number;
  /** Where the first part begins. */
  readonly offset: number;
}

/**
 * `@tus/s3-store` with parts that are cut in memory, two of an upload at most, are of one size, as some services demand, and
 * are sent in their order. The package cuts them into files in the system's temporary folder, which stay there where a
 * request breaks off; it sends several at once, of which a later one counts where an earlier one fails; and it gives up
 * what is less than a part before that lies elsewhere.
 */
export class ResumableParts extends TusS3Store {
  /** Whether an upload is still to be put together. */
  async isOpen(place: string): Promise<boolean> {
    try {
      await this.retrieveParts(place);
      return true;
    } catch (error) {
      if (['NoSuchUpload', 'NoSuchKey'].includes((error as Error).name)) return false;
      throw error;
    }
  }

  /** What had come when a connection breaks is kept: what is less than a part in an object of its own. */
  override async write(source: Readable, place: string, offset: number): Promise<number> {
    const upload = await this.getMetadata(place);
    const firstNumber = (await this.retrieveParts(place)).length + 1;
    const rest = await this.#restOf(place, firstNumber);
    const incoming = new Incoming();
    const content = incoming.pieces(rest, source);
    const end = await this.#send({ upload, content, firstNumber, offset: offset - rest.byteLength });
    if (end === upload.file.size) await this.#finish(upload);
    incoming.throwFault();
    return end;
  }

  /** A rest that has become a part already counts no more. */
  protected override async getIncompletePartSize(place: string): Promise<number | undefined> {
    const number = (await this.retrieveParts(place)).length + 1;
    try {
      const object = { Bucket: this.bucket, Key: this.partKey(place, true) };
      const { ContentLength, Metadata } = await this.client.headObject(object);
      return Metadata?.[numberName] === String(number) ? ContentLength : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** @returns how far the upload is. */
  async #send({ upload, content, firstNumber, offset }: Sending): Promise<number> {
    const partBytes = partBytesFor(upload.file.size ?? 0);
    const spare: Buffer[] = [];
    let end = offset;
    let sending = Promise.resolve();
    for await (const { number, content: part } of partsOf(content, { partBytes, spare })) {
      if (part.byteLength === 0) break; // nothing has come
      await sending; // while it was on its way, the next one came
      end += part.byteLength;
      const isPart = part.byteLength === partBytes || end === upload.file.size;
      const partNumber = firstNumber + number - 1;
      sending = isPart
        ? this.uploadPart(upload, part, partNumber).then(() => void spare.push(part))
        : this.#keepRest(upload, part, partNumber);
      sending.catch(() => undefined); // of interest when it is waited for
    }
    await sending;
    return end;
  }

  async #finish(upload: MetadataValue): Promise<void> {
    const { id } = upload.file;
    await this.finishMultipartUpload(upload, await this.retrieveParts(id));
    await this.deleteIncompletePart(id);
  }

  async #keepRest({ file }: MetadataValue, rest: Buffer, partNumber: number): Promise<void> {
    const Key = this.partKey(file.id, true);
    const Metadata = { [numberName]: String(partNumber) };
    await this.client.putObject({ Bucket: this.bucket, Key, Body: rest, Metadata });
  }

  async #restOf(place: string, partNumber: number): Promise<Uint8Array> {
    try {
      const object = { Bucket: this.bucket, Key: this.partKey(place, true) };
      const { Body, Metadata } = await this.client.getObject(object);
      const rest = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return Metadata?.[numberName] === String(partNumber) ? rest : new Uint8Array();
    } catch (error) {
      if (isMissing(error)) return new Uint8Array();
      throw error;
    }
  }
}

/** The bytes of a request, which end where they break off: why they do is told when they have been kept. */
class Incoming {
  #fault: { readonly error: unknown } | undefined;

  async *pieces(rest: Uint8Array, source: Readable): AsyncGenerator<Uint8Array, void> {
    yield rest;
    try {
      for await (const piece of source as AsyncIterable<Buffer<ArrayBuffer>>) {
        yield piece;
        release(piece);
      }
    } catch (error) {
      this.#fault = { error };
    }
  }

  throwFault(): void {
    if (this.#fault) throw this.#fault.error;
  }
}
