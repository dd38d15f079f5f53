import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
} from '@aws-sdk/client-s3';

import type { Bucket, Guard } from './bucket.ts';
import type { Part } from './parts.ts';

/** Which part of which upload is sent. */
export interface PartPlace {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
  readonly PartNumber: number;
}

/** Sends a part. @returns its ETag. */
export type SendPart<T> = (content: T, place: PartPlace, signal: AbortSignal) => Promise<string | undefined>;

/** The object that is made. */
interface Target {
  readonly Key: string;
  readonly ContentType: string;
  readonly Metadata: Record<string, string>;
}

/** With each a part is in memory. */
const partsAtOnce = 3;
/** S3 puts the parts together before it answers. */
const completeMs = 300_000;

/**
 * An object that is sent in parts, and is there when it is completed. Until then its parts lie in the bucket, and are paid
 * for: one that is not completed leaves nothing. Not `Upload` of @aws-sdk/lib-storage, which says that it has ended while
 * parts of it are still on their way, and knows no more of the content than its type when it begins.
 */
export class MultipartUpload implements AsyncDisposable {
  readonly #bucket: Bucket;
  readonly #place: Omit<PartPlace, 'PartNumber'>;
  readonly #sent: CompletedPart[] = [];
  #isCompleted = false;

  private constructor(bucket: Bucket, place: Omit<PartPlace, 'PartNumber'>) {
    this.#bucket = bucket;
    this.#place = place;
  }

  /** Without a signal: of an upload whose beginning is not waited for nobody would know the id. */
  static async begin(bucket: Bucket, target: Target): Promise<MultipartUpload> {
    const Bucket = bucket.name;
    const { UploadId } = await bucket.send(new CreateMultipartUploadCommand({ Bucket, ...target }));
    return new MultipartUpload(bucket, { Bucket, Key: target.Key, UploadId });
  }

  /** Sends parts, a few at once, until the first that fails: then none is on its way any more. */
  async sendAll<T>(parts: AsyncIterable<Part<T>>, send: SendPart<T>, given?: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(given ? [given] : [])]);
    const sender = async () => {
      for await (const { number: PartNumber, content } of parts)
        this.#sent.push({ PartNumber, ETag: await send(content, { ...this.#place, PartNumber }, signal) });
    };
    const stopOthers = (error: unknown) => failed.abort(error);
    await Promise.all(Array.from({ length: partsAtOnce }, async () => sender().catch(stopOthers)));
    signal.throwIfAborted();
  }

  /**
   * Makes the object of its parts. It has no signal: S3 would not hear of it.
   *
   * @returns its ETag.
   */
  async complete(guard: Guard): Promise<string | undefined> {
    const Parts = this.#sent.toSorted((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0));
    const { ETag } = await this.#bucket.send(
      new CompleteMultipartUploadCommand({ ...this.#place, ...guard, MultipartUpload: { Parts } }),
      { timeoutMs: completeMs },
    );
    this.#isCompleted = true;
    return ETag;
  }

  /** Takes what has been sent out of the bucket. Where that does not answer, its rule for unfinished uploads has to. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isCompleted) return;
    await this.#bucket.send(new AbortMultipartUploadCommand(this.#place)).catch(() => undefined);
  }
}
