import { join } from 'node:path';

import type { Config } from '#lib/config';
import type { Log } from '#lib/log';
import { makeRunDirectory } from '#lib/run-directory';
import {
  type BucketOptions,
  DiskStore,
  DiskUploads,
  type Durability,
  type FileStore,
  openBucket,
  type S3Store,
  type UploadStore,
} from '#storage';

/** Where files are kept. */
interface Place {
  readonly store: FileStore;
  /** Where uploads lie until the store adopts them. */
  readonly uploads: UploadStore;
}

/** Where files are kept, and whether they outlast a deploy there. */
export interface Mount extends Place {
  readonly durability: Durability['durability'];
}

/** The places that there are for files. */
export interface Mounts extends AsyncDisposable {
  /** The one that a file goes to when nobody says which comes first. */
  readonly all: readonly [Mount, ...Mount[]];
  /** The persistent one, where that is a bucket. */
  readonly bucket: S3Store | undefined;
  /** Why there is no persistent one. */
  readonly why: string | undefined;
}

export interface MountsOptions {
  readonly config: Config;
  readonly dataDirectory: Durability;
  readonly log: Log;
}

/** Opens a bucket where one is configured, else the data directory where that lasts; and a temporary folder. */
export async function openMounts({ config, dataDirectory, log }: MountsOptions): Promise<Mounts> {
  await using stack = new AsyncDisposableStack();
  const { HEADY_STORAGE_QUOTA: quotaBytes, HEADY_EPHEMERAL_TTL: lifetimeMs } = config;
  const onFault = (error: Error) => log.error({ message: 'a file is lost', error });
  const onDisk = async (path: string, options: { readonly lifetimeMs?: number }): Promise<Place> => ({
    store: stack.use(
      await DiskStore.open({ directory: join(path, 'files'), quotaBytes, onFault, ...options }),
    ),
    uploads: await DiskUploads.open(join(path, 'uploads')),
  });
  const { path } = stack.use(await makeRunDirectory({ prefix: 'heady-files-' }));
  const temporary = await onDisk(path, { lifetimeMs });
  const options = bucketOf(config);
  const bucket = options && stack.use(await openBucket(options));
  const lasting =
    (bucket && { store: bucket, uploads: bucket.uploadsBy(temporary.uploads.quarantine) }) ??
    (dataDirectory.durability === 'persistent' ? await onDisk(dataDirectory.path, {}) : undefined);
  const ephemeral: Mount = { durability: 'ephemeral', ...temporary };
  const opened = stack.move();
  return {
    all: lasting ? [{ durability: 'persistent', ...lasting }, ephemeral] : [ephemeral],
    bucket,
    why: 'why' in dataDirectory ? dataDirectory.why : undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function bucketOf({
  S3_BUCKET: bucket,
  S3_REGION: region,
  S3_ENDPOINT: endpoint,
  S3_ACCESS_KEY_ID: accessKeyId,
  S3_SECRET_ACCESS_KEY: secretAccessKey,
}: Config): BucketOptions | undefined {
  const isWhole = bucket && region && accessKeyId && secretAccessKey;
  return isWhole ? { bucket, region, endpoint, accessKeyId, secretAccessKey } : undefined;
}
