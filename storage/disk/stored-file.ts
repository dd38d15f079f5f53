import type { StoredFile } from '../store.ts';
import type { FileRecord } from './records.ts';

/** A file as the one who asks for it has it: not where its content is. */
export function storedFile(record: FileRecord): StoredFile {
  const { key, bytes, etag, type, modifiedAt, sha256, metadata } = record;
  return { key, bytes, etag, type, modifiedAt, sha256, metadata };
}
