import { globSync } from 'node:fs';
import { sep } from 'node:path';

/** What Nitro takes for a route, and Python beside it. */
const extensions = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'tsx', 'jsx', 'py'];

/** The files under `routes/` that are endpoints, by their paths from the project's root, in order. */
export function routeFiles(root: string): string[] {
  return globSync(`routes/**/*.{${extensions.join(',')}}`, { cwd: root })
    .map((path) => path.replaceAll(sep, '/'))
    .filter((path) => !isPython(path) || !isShared(path))
    .toSorted();
}

/** Those of them that are Python; what begins with `_`, a folder or a file, is for them to import. */
export function pythonRouteFiles(root: string): string[] {
  return routeFiles(root).filter(isPython);
}

function isPython(path: string): boolean {
  return path.endsWith('.py');
}

function isShared(path: string): boolean {
  return path.includes('/_');
}
