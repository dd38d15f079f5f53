import { Problem } from '#lib/problems';

import type { ObjectKey } from './key.ts';

/** What is known of a file. */
export interface StoredFile {
  readonly key: ObjectKey;
  readonly bytes: number;
  /** A strong validator (RFC 9110, 8.8.3), without its quotes: another content has another. */
  readonly etag: string;
  /** Media type. */
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** SHA-256 of the content, base64, as `Repr-Digest` has it (RFC 9530); undefined where the store does not know it. */
  readonly sha256: string | undefined;
  /** The user's own. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a list tells of a file: no more than a bucket's own lists have. */
export type ListedFile = Pick<StoredFile, 'key' | 'bytes' | 'etag' | 'modifiedAt'>;

/** What has to hold for a change (RFC 9110, 13.1). */
export interface Conditions {
  /** Of these validators the file has one; `*`: there is a file. */
  readonly ifMatch?: readonly string[] | '*' | undefined;
  /** It has none of these; `*`: there is no file. */
  readonly ifNoneMatch?: readonly string[] | '*' | undefined;
}

export interface PutOptions extends Conditions {
  /** Media type; a function is asked for it when the first megabyte of the content, or all of it, has been read. */
  readonly type: string | (() => string);
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the content has to have, base64: else nothing is stored. */
  readonly sha256?: string | undefined;
  /** Bytes that are to come, where that is known: what there is no room for is not read. */
  readonly expectedBytes?: number;
  readonly signal: AbortSignal;
  /** Does what makes the file, when its content has come: for whoever has to see to more at that moment. */
  readonly around?: (<T>(commit: () => Promise<T>) => Promise<T>) | undefined;
}

/** The media type, where enough of the content has been read. */
export function typeOf({ type }: Pick<PutOptions, 'type'>): string {
  return typeof type === 'string' ? type : type();
}

/** What becomes a file where it lies. */
export type AdoptOptions = Omit<PutOptions, 'expectedBytes' | 'sha256' | 'signal'>;

/** Room that is kept for content which comes bit by bit, until it is a file or is given up. */
export interface Reservation extends Disposable {
  /** Tells how many of the bytes lie there by now. */
  holds(presentBytes: number): void;
}

/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface OpenedFile extends AsyncDisposable {
  readonly file: StoredFile;
  /** Its content, or a range of it. Never of two contents. A piece's memory is used again when the next one is asked for. */
  pieces(range?: ByteRange): AsyncIterable<Uint8Array>;
}

/** A file has been replaced or deleted since it was opened, in a store that has no hold on it. */
export class ReplacedError extends Problem {
  constructor(key: ObjectKey) {
    super('precondition-failed', `'${key}' has been changed since it was opened.`);
  }
}

export interface Page {
  /** In the order of their keys, by code points. */
  readonly files: readonly ListedFile[];
  /** Where the next page begins; undefined after the last. */
  readonly cursor: string | undefined;
}

export interface ListOptions {
  readonly prefix?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/**
 * Files by key. A file is there whole or not at all; one that is replaced or deleted while it is read is read to its end.
 * What is written is on the medium when the promise is kept.
 */
export interface FileStore extends AsyncDisposable {
  /**
   * Stores a file in place of the one that may be there.
   *
   * @throws {Problem} `precondition-failed`, `digest-mismatch`, `storage-full`
   */
  put(key: ObjectKey, content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredFile>;
  /**
   * Makes content a file that lies where the store itself could have written it (a path on the same disk, an object of
   * the same bucket), without its bytes passing through here. Nobody writes to it any more, and room is reserved for it.
   * It is taken from its place when the file is there; where that fails it stays.
   *
   * @returns undefined where nothing lies at that place.
   * @throws {Problem} `precondition-failed`
   */
  adopt(key: ObjectKey, place: string, options: AdoptOptions): Promise<StoredFile | undefined>;
  /**
   * Keeps room for content that is to be adopted.
   *
   * @param promised - of what had its room before a restart: it is not refused now.
   * @throws {Problem} `storage-full`
   */
  reserve(bytes: number, promised?: { readonly presentBytes: number }): Promise<Reservation>;
  head(key: ObjectKey): Promise<StoredFile | undefined>;
  open(key: ObjectKey): Promise<OpenedFile | undefined>;
  /** @returns whether there was one. @throws {Problem} `precondition-failed` */
  delete(key: ObjectKey, conditions?: Conditions): Promise<boolean>;
  list(options: ListOptions): Promise<Page>;
  /** @throws {Problem} `not-found`, `storage-full`, `precondition-failed` */
  copy(from: ObjectKey, to: ObjectKey, options?: Conditions): Promise<StoredFile>;
}
