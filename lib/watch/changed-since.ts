import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of all below a folder that were put there, or changed, after a time. */
export function changedSince(folder: string, timeMs: number): string[] {
  const paths = readdirSync(folder, { encoding: 'utf8', recursive: true });
  return paths
    .map((path) => join(folder, path))
    .filter((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found !== undefined && found.ctimeMs >= timeMs;
    });
}
