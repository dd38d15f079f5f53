export { checkConditions } from './conditions.ts';
export { copyOut } from './copy-out.ts';
export { checkDataDirectory, type Durability } from './data-directory.ts';
export { lockDirectory } from './directory-lock.ts';
export { DiskStore } from './disk/disk-store.ts';
export { DiskUploads } from './disk/disk-uploads.ts';
export { isFull } from './faults.ts';
export { KeyLocks } from './key-locks.ts';
export { isKey, type ObjectKey, parseKey } from './key.ts';
export { type BucketOptions, openBucket } from './s3/open.ts';
export type { S3Store } from './s3/s3-store.ts';
export { ReplacedError } from './store.ts';
export type {
  AdoptOptions,
  ByteRange,
  Conditions,
  FileStore,
  ListedFile,
  ListOptions,
  OpenedFile,
  Page,
  PutOptions,
  Reservation,
  StoredFile,
} from './store.ts';
export { headBytes, type UploadStore } from './upload-store.ts';
