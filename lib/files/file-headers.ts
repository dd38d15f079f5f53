import { create } from 'content-disposition';

import { inert } from '#lib/http';
import type { ListedFile, StoredFile } from '#storage';

import type { FoundFile } from './files.ts';
import { metadataHeaders } from './metadata.ts';

/** Types that do nothing in a browser but show: any other is to be downloaded, as it may be a page with scripts. */
const shown =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain|application\/pdf)\s*(?:;|$)/i;

/** What an answer says of a file, beside its content. */
export function fileHeaders({ file, mount }: FoundFile, { headers }: Request): Record<string, string> {
  const { type, key, metadata, sha256 } = file;
  const wantsDigest = /sha-256/i.test(headers.get('want-repr-digest') ?? '');
  const name = key.slice(key.lastIndexOf('/') + 1);
  return {
    ...validatorHeaders(file),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': type,
    'content-disposition': create(name, { type: shown.test(type) ? 'inline' : 'attachment' }),
    ...inert,
    'x-durability': mount.durability,
    ...metadataHeaders(metadata),
    ...(wantsDigest && sha256 !== undefined && { 'repr-digest': `sha-256=:${sha256}:` }),
  };
}

/** By which a client knows this content again (RFC 9110, 8.8). */
export function validatorHeaders({ etag, modifiedAt }: StoredFile) {
  return { etag: `"${etag}"`, 'last-modified': new Date(modifiedAt).toUTCString() };
}

/** A file in an answer in JSON. */
export function fileEntry({ key, bytes, etag, type, modifiedAt, metadata }: StoredFile, durability: string) {
  return { key, bytes, etag, type, modifiedAt: new Date(modifiedAt).toISOString(), durability, metadata };
}

/** A file of a list in one. */
export function listEntry({ key, bytes, etag, modifiedAt }: ListedFile, durability: string) {
  return { key, bytes, etag, modifiedAt: new Date(modifiedAt).toISOString(), durability };
}
