import { join } from 'node:path';

import type { Config } from '#lib/config';
import { makeRunDirectory } from '#lib/run-directory';
import {
  type BucketOptions,
  DiskStore,
  type Durability,
  type FileStore,
  openBucket,
  type S3Store,
} from '#storage';

/** Where files are kept, and whether they outlast a deploy there. */
export interface Mount {
  readonly durability: Durability['durability'];
  readonly store: FileStore;
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

/** Opens a bucket where one is configured, else the data directory where that lasts; and a temporary folder. */
export async function openMounts(config: Config, dataDirectory: Durability): Promise<Mounts> {
  await using stack = new AsyncDisposableStack();
  const { HEADY_STORAGE_QUOTA: quotaBytes, HEADY_EPHEMERAL_TTL: lifetimeMs } = config;
  const options = bucketOf(config);
  const bucket = options && stack.use(await openBucket(options));
  const disk =
    bucket || dataDirectory.durability === 'ephemeral'
      ? undefined
      : await DiskStore.open({ directory: join(dataDirectory.path, 'files'), quotaBytes });
  const lasting = bucket ?? stack.use(disk);
  const { path } = stack.use(await makeRunDirectory({ prefix: 'heady-files-' }));
  const store = stack.use(await DiskStore.open({ directory: path, quotaBytes, lifetimeMs }));
  const ephemeral: Mount = { durability: 'ephemeral', store };
  const opened = stack.move();
  return {
    all: lasting ? [{ durability: 'persistent', store: lasting }, ephemeral] : [ephemeral],
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
