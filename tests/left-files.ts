import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestServer } from './server.ts';

/** What lies in the temporary directories of a service, its own sockets aside. */
export function leftFiles({ pid }: TestServer): string[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(`heady-${pid}-`))
    .flatMap((name) => readdirSync(join(tmpdir(), name), { withFileTypes: true, recursive: true }))
    .filter((entry) => !entry.isDirectory() && !entry.isSocket())
    .map(({ parentPath, name }) => join(parentPath, name));
}
