import {
  HeadBucketCommand,
  S3Client,
  type S3ClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';

import type { Problem } from '#lib/problems';

import { bucketProblem, isAboutObject } from './failures.ts';
import type { BucketOptions } from './open.ts';

type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<Input, Output>
>[0];

interface Sending {
  readonly signal?: AbortSignal;
  /** Until an answer begins, for each try. */
  readonly timeoutMs?: number;
}

/** What S3 is to see to before it makes a change. */
export interface Guard {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

const connectMs = 3000;
const answerMs = 10_000;
/** How long the bucket may take to say at the start whether it is there. */
const checkMs = 5000;
const tries = 3;

/** A bucket, what is wrong with it told as problems, and whether it works. */
export class Bucket implements Disposable {
  readonly name: string;
  /** How the service speaks with it. */
  readonly config: S3ClientConfig;
  readonly #client: S3Client;
  #fault: string | undefined;

  constructor(options: BucketOptions) {
    this.name = options.bucket;
    this.config = configOf(options);
    this.#client = new S3Client(this.config);
  }

  /** What was wrong with the bucket at the last call; undefined where that was answered. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Sends a command.
   *
   * @throws {Problem} `storage-unavailable`
   * @throws {S3ServiceException} what S3 says of an object.
   */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    { signal, timeoutMs = answerMs }: Sending = {},
  ): Promise<Output> {
    try {
      const options = { requestTimeout: timeoutMs, ...(signal && { abortSignal: signal }) };
      const output = await this.#client.send(command, options);
      this.#fault = undefined;
      return output;
    } catch (error) {
      signal?.throwIfAborted();
      throw isAboutObject(error) ? error : this.failed(error);
    }
  }

  /** Notes what is wrong with the bucket, and tells it as a problem. */
  failed(error: unknown): Problem {
    const problem = bucketProblem(error);
    this.#fault = problem.message;
    return problem;
  }

  /** Asks whether the bucket is there and may be used. @returns what is wrong with it. */
  async check(): Promise<string | undefined> {
    await this.mustWork().catch(() => undefined); // it is noted
    return this.#fault;
  }

  /** The same, for whom it has to work. @throws {Problem} `storage-unavailable` */
  async mustWork(): Promise<void> {
    const abortSignal = AbortSignal.timeout(checkMs);
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.name }), { abortSignal });
      this.#fault = undefined;
    } catch (error) {
      throw this.failed(error);
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

function configOf({ region, endpoint, accessKeyId, secretAccessKey }: BucketOptions) {
  return {
    region,
    credentials: { accessKeyId, secretAccessKey },
    // other services than AWS's have one name for all buckets, and not all know the checksums that AWS's takes besides
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false, // it would cost a connection for each part
    maxAttempts: tries,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      // who reads a file slowly keeps a connection, and is not to keep others from having one
      httpAgent: { maxSockets: Infinity },
      httpsAgent: { maxSockets: Infinity },
    },
  } satisfies S3ClientConfig;
}
