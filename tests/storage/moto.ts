import { join } from 'node:path';

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';

import type { BucketOptions } from '../../storage/index.ts';
import { repository } from '../project.ts';
import { waitFor } from '../server.ts';

const keys = { accessKeyId: 'an-access-key', secretAccessKey: 'a-secret-key-of-the-bucket' };
const region = 'eu-central-1';

/** A server that speaks as S3 does, in a process of its own, on a free port, with a bucket in it. */
export class Moto implements AsyncDisposable {
  readonly options: BucketOptions & { readonly endpoint: string };
  /** To see what is in the bucket, and to put there what is not the store's. */
  readonly client: S3Client;
  readonly #process: ReturnType<typeof spawnMoto>;

  private constructor(endpoint: string, process: ReturnType<typeof spawnMoto>) {
    this.options = { bucket: 'a-bucket', region, endpoint, ...keys };
    this.client = new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true });
    this.#process = process;
  }

  static async start(): Promise<Moto> {
    const process = spawnMoto();
    let output = '';
    process.all.on('data', (data: Buffer) => (output += data.toString()));
    const url = await waitFor(() => /Running on (?<url>http:\S+)/.exec(output)?.groups?.url, 30_000);
    const moto = new Moto(url, process);
    const CreateBucketConfiguration = { LocationConstraint: region } as const;
    await moto.client.send(
      new CreateBucketCommand({ Bucket: moto.options.bucket, CreateBucketConfiguration }),
    );
    return moto;
  }

  /** The variables by which a service has the bucket. */
  get environment(): Readonly<Record<string, string>> {
    const { bucket, endpoint, accessKeyId, secretAccessKey } = this.options;
    return {
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  /** Ends the process: from then on nothing listens there. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    this.#process.kill('SIGKILL');
    await this.#process;
  }
}

function spawnMoto() {
  return execa(join(repository, '.venv/bin/python'), ['-m', 'moto.server', '--port', '0'], {
    reject: false,
    all: true,
    stdin: 'ignore',
  });
}
