import type { _Object as ListedObject, HeadObjectCommandOutput } from '@aws-sdk/client-s3';

import type { ObjectKey } from '../key.ts';
import type { ListedFile, StoredFile } from '../store.ts';
import { descriptionOf } from './metadata.ts';
import { decodedName, keyIn } from './object-names.ts';

/** A file by what S3 says of its object. */
export function storedFile(key: ObjectKey, head: HeadObjectCommandOutput): StoredFile {
  return {
    key,
    bytes: head.ContentLength ?? 0,
    etag: unquoted(head.ETag),
    modifiedAt: head.LastModified?.getTime() ?? 0,
    ...descriptionOf(head.ContentType, head.Metadata),
  };
}

/** The file that an object of a list is, in a list of one; or none, where it is none. */
export function listedFiles({ Key = '', Size = 0, ETag, LastModified }: ListedObject): ListedFile[] {
  const key = keyIn(decodedName(Key));
  if (key === undefined) return [];
  return [{ key, bytes: Size, etag: unquoted(ETag), modifiedAt: LastModified?.getTime() ?? 0 }];
}

export function unquoted(etag = ''): string {
  return etag.replaceAll('"', '');
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}
