import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';

import type { Page, ListOptions } from '../store.ts';
import type { FileRecord } from './records.ts';
import { storedFile } from './stored-file.ts';

/** Bumped when the table changes: an index of another version is made anew. */
const version = 2;

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

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;');
    this.isSound = this.#takeMark() === version;
    if (!this.isSound) this.#database.exec('DROP TABLE IF EXISTS files');
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, blob TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, modified_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS by_age ON files (modified_at);
    `);
    this.#set = this.#database.prepare(
      'INSERT INTO files VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET blob = excluded.blob, bytes = excluded.bytes, modified_at = excluded.modified_at, record = excluded.record',
    );
    this.#remove = this.#database.prepare('DELETE FROM files WHERE key = ?');
    this.#page = this.#database.prepare(
      'SELECT record FROM files WHERE key > ? AND key >= ? AND key < ? AND modified_at >= ? ORDER BY key LIMIT ?',
    );
    this.#blob = this.#database.prepare('SELECT 1 FROM files WHERE blob = ?');
    this.#oldest = this.#database.prepare('SELECT record FROM files ORDER BY modified_at LIMIT 1');
    this.#bytes = Number(
      this.#database.prepare('SELECT coalesce(sum(bytes), 0) AS sum FROM files').get()?.sum,
    );
  }

  /** What all files take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param replaced - the record that was there. */
  set(record: FileRecord, replaced: FileRecord | undefined): void {
    const { key, blob, bytes, modifiedAt } = record;
    this.#set.run(key, blob, bytes, modifiedAt, JSON.stringify(record));
    this.#bytes += bytes - (replaced?.bytes ?? 0);
  }

  remove({ key, bytes }: FileRecord): void {
    this.#remove.run(key);
    this.#bytes -= bytes;
  }

  /** Whether a file has this content. */
  hasBlob(blob: string): boolean {
    return this.#blob.get(blob) !== undefined;
  }

  /** The one that was stored first. */
  oldest(): FileRecord | undefined {
    const row = this.#oldest.get();
    return row && recordOf(row);
  }

  /** @param since - files from before then are left out: milliseconds since 1970. */
  list({ prefix = '', cursor = '', limit }: ListOptions, since: number): Page {
    const rows = this.#page.all(cursor, prefix, `${prefix}\u{10ffff}`, since, limit + 1);
    const files = rows.slice(0, limit).map((row) => storedFile(recordOf(row)));
    return { files, cursor: rows.length > limit ? files.at(-1)?.key : undefined };
  }

  [Symbol.dispose](): void {
    this.#database.exec(`PRAGMA user_version = ${version}`);
    this.#database.close();
  }

  /** The mark that a closed index has; one that is in use has none. */
  #takeMark(): number {
    const mark = Number(this.#database.prepare('PRAGMA user_version').get()?.user_version);
    this.#database.exec('PRAGMA user_version = 0');
    return mark;
  }
}

function recordOf({ record }: Readonly<Record<string, SQLOutputValue>>): FileRecord {
  return JSON.parse(String(record)) as FileRecord;
}
