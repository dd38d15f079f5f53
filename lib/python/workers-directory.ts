import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** How long after a change the folder is looked at: editors write a file in several steps. */
const settleMs = 30;

/** The worker files of a folder, by their names: every `.py` file whose name does not begin with `_`. */
export function workerFiles(directory: string): Map<string, string> {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[A-Za-z][\w-]*\.py$/.test(entry.name))
    .map(({ name }) => [name.slice(0, -'.py'.length), join(directory, name)] as const);
  return new Map(files.toSorted(([a], [b]) => a.localeCompare(b)));
}

/** Calls `onChange` with the paths, relative to the folder, of the Python files that were added, changed or removed. */
export function watchWorkers(directory: string, onChange: (paths: readonly string[]) => void): FSWatcher {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  return watch(directory, { recursive: true }, (_event, path) => {
    if (!path?.endsWith('.py')) return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChange([...changed]);
      changed.clear();
    }, settleMs);
  });
}
