export { checkConditions } from './conditions.ts';
export { copyOut } from './copy-out.ts';
export { checkDataDirectory, type Durability } from './data-directory.ts';
export { DiskStore } from './disk/disk-store.ts';
export { type ObjectKey, parseKey } from './key.ts';
export { type BucketOptions, openBucket } from './s3/open.ts';
export type { S3Store } from './s3/s3-store.ts';
export type {
  ByteRange,
  Conditions,
  FileStore,
  ListedFile,
  ListOptions,
  OpenedFile,
  Page,
  PutOptions,
  StoredFile,
} from './store.ts';
