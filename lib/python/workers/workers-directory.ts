import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { pythonRouteFiles } from '#lib/route-files';

/**
 * The worker files of a folder, by their names, in NFKC as Python has identifiers: every `.py` file whose name does not
 * begin with `_`.
 */
export function workerFiles(directory: string): Map<string, string> {
  const files = readdirSync(directory)
    .filter((name) => /^\p{XID_Start}[\p{XID_Continue}-]*\.py$/u.test(name))
    .map((name) => [name.slice(0, -'.py'.length).normalize('NFKC'), join(directory, name)] as const)
    .filter(([, file]) => statSync(file, { throwIfNoEntry: false })?.isFile());
  return new Map(files.toSorted(([a], [b]) => a.localeCompare(b)));
}

/** The files of endpoints under the project's root, by their paths from there. */
export function endpointFiles(root: string): Map<string, string> {
  return new Map(pythonRouteFiles(root).map((path) => [path, join(root, path)]));
}

/**
 * Whether a file declares a function that is to be ready before the service is. By its text, as nothing of it has been
 * loaded yet: a file that only mentions it is loaded early for nothing.
 */
export function declaresWarm(file: string): boolean {
  return /\bwarm\s*=\s*True\b/.test(readFileSync(file, 'utf8'));
}
