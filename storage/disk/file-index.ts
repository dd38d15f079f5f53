import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';

import type { ObjectKey } from '../key.ts';
import type { ListedFile, ListOptions, Page } from '../store.ts';
import type { FileRecord } from './records.ts';

/** Bumped when the table changes: an index of another version is made anew. */
const version = 3;

/** Whose content it is, and since when. */
export type DatedBlob = Pick<FileRecord, 'key' | 'blob' | 'bytes' | 'modifiedAt'>;

/**
 * The keys in their order, for lists, and what all files take together. Made of the records, and made anew from them where
 * it was not closed: so it need not be on the medium itself, and costs microseconds.
 */
export class FileIndex implements Disposable {
  readonly #database: DatabaseSync;
  readonly #set: StatementSync;
  readonly #remove: StatementSync;
  readonly #page: StatementSync;
  readonly #blob: StatementSync;
  readonly #oldest: StatementSync;
  #bytes = 0;
  /** Whether it was closed as it is. */
  readonly isSound: boolean;
  /** Whether a change could not be written, as on a full disk: the records have it, and it is to be made anew. */
  #isBehind = false;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;');
    this.isSound = this.#takeMark() === version;
    if (!this.isSound) this.#database.exec('DROP TABLE IF EXISTS files');
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, blob TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, etag TEXT NOT NULL, modifiedAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS byAge ON files (modifiedAt);
    `);
    this.#set = this.#database.prepare(
      'INSERT OR REPLACE INTO files (key, blob, bytes, etag, modifiedAt) VALUES (?, ?, ?, ?, ?)',
    );
    this.#remove = this.#database.prepare('DELETE FROM files WHERE key = ?');
    this.#page = this.#database.prepare(
      'SELECT key, bytes, etag, modifiedAt FROM files WHERE key > ? AND key >= ? AND key < ? AND modifiedAt >= ? ORDER BY key LIMIT ?',
    );
    this.#blob = this.#database.prepare('SELECT 1 FROM files WHERE blob = ?');
    this.#oldest = this.#database.prepare(
      'SELECT key, blob, bytes, modifiedAt FROM files ORDER BY modifiedAt LIMIT 1',
    );
    this.#bytes = Number(
      this.#database.prepare('SELECT coalesce(sum(bytes), 0) AS sum FROM files').get()?.sum,
    );
  }

  /** What all files take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param replaced - the record that was there. */
  set({ key, blob, bytes, etag, modifiedAt }: FileRecord, replaced: FileRecord | undefined): void {
    this.#try(() => this.#set.run(key, blob, bytes, etag, modifiedAt));
    this.#bytes += bytes - (replaced?.bytes ?? 0);
  }

  remove({ key, bytes }: Pick<FileRecord, 'key' | 'bytes'>): void {
    this.#try(() => this.#remove.run(key));
    this.#bytes -= bytes;
  }

  /** Whether a file has this content. */
  hasBlob(blob: string): boolean {
    return this.#blob.get(blob) !== undefined;
  }

  /** The one that was stored first. */
  oldest(): DatedBlob | undefined {
    const row = this.#oldest.get();
    if (!row) return undefined;
    const [bytes, modifiedAt] = [Number(row.bytes), Number(row.modifiedAt)];
    return { key: keyOf(row), blob: String(row.blob), bytes, modifiedAt };
  }

  /** @param since - files from before then are left out: milliseconds since 1970. */
  list({ prefix = '', cursor = '', limit }: ListOptions, since: number): Page {
    const rows = this.#page.all(cursor, prefix, `${prefix}\u{10ffff}`, since, limit + 1);
    const files = rows.slice(0, limit).map(listedFile);
    return { files, cursor: rows.length > limit ? files.at(-1)?.key : undefined };
  }

  [Symbol.dispose](): void {
    if (!this.#isBehind) this.#try(() => this.#database.exec(`PRAGMA user_version = ${version}`));
    this.#database.close();
  }

  /** A file is there by its record: that a list lacks it until the next start is no reason to say that it is not. */
  #try(change: () => unknown): void {
    try {
      change();
    } catch {
      this.#isBehind = true;
    }
  }

  /** The mark that a closed index has; one that is in use has none. */
  #takeMark(): number {
    const mark = Number(this.#database.prepare('PRAGMA user_version').get()?.user_version);
    this.#database.exec('PRAGMA user_version = 0');
    return mark;
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function listedFile(row: Row): ListedFile {
  return {
    key: keyOf(row),
    bytes: Number(row.bytes),
    etag: String(row.etag),
    modifiedAt: Number(row.modifiedAt),
  };
}

/** It was one when it was put in. */
function keyOf({ key }: Row): ObjectKey {
  return String(key) as ObjectKey;
}
