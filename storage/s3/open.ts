import type { S3Store } from './s3-store.ts';

/** A bucket and who may use it. */
export interface BucketOptions {
  readonly bucket: string;
  readonly region: string;
  /** Of another service than AWS's. */
  readonly endpoint: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Opens a bucket as a store. The SDK is loaded only here: it takes 37 MB, which are Python's where there is no bucket. */
export async function openBucket(options: BucketOptions): Promise<S3Store> {
  const { S3Store: Store } = await import('./s3-store.ts');
  return new Store(options);
}
