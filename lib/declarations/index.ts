import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ListedWorker } from '#lib/python';

import { declarations } from './declarations.ts';

/** Where TypeScript finds what `workers` has: generated, and so not in the repository. */
const path = '.heady/workers.d.ts';

/** Writes the types of all Python functions, where they have changed; tells the file's path from the root. */
export async function writeDeclarations(root: string, workers: readonly ListedWorker[]): Promise<string> {
  const file = join(root, path);
  const text = await declarations(workers);
  if (text !== current(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text); // no sooner, as editors and type checkers read anew what is rewritten
  }
  return path;
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
