import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's code for a database that another process has locked. */
const busy = 5;

/**
 * Keeps a directory for this process, as two that write to it would take what the other has begun for leftovers. The lock
 * is one of SQLite's, so it ends with its process, however that ends.
 *
 * @returns undefined where another process has it.
 */
export function lockDirectory(path: string): Disposable | undefined {
  const database = new DatabaseSync(join(path, 'in-use.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { readonly errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
