import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** How long after a change the folder is looked at: editors write a file in several steps. */
const settleMs = 30;

/** The worker files of a folder, by their names: every `.py` file whose name does not begin with `_`. */
export function workerFiles(directory: string): Map<string, string> {
  const files = readdirSync(directory)
    .filter((name) => /^[A-Za-z][\w-]*\.py$/.test(name))
    .map((name) => [name.slice(0, -'.py'.length), join(directory, name)] as const)
    .filter(([, file]) => statSync(file, { throwIfNoEntry: false })?.isFile());
  return new Map(files.toSorted(([a], [b]) => a.localeCompare(b)));
}

/**
 * Whether a file declares a function that is to be ready before the service is. By its text, as nothing of it has been
 * loaded yet: a file that only mentions it is loaded early for nothing.
 */
export function declaresWarm(file: string): boolean {
  return /\bwarm\s*=\s*True\b/.test(readFileSync(file, 'utf8'));
}

/**
 * Calls `onChange` with the paths, relative to the folder, of the Python files that were added, changed or removed.
 * For development only, so the watcher is loaded only there.
 */
export async function watchWorkers(
  directory: string,
  onChange: (paths: readonly string[]) => void,
): Promise<AsyncDisposable> {
  const { watch } = await import('chokidar');
  const watcher = watch('.', { cwd: directory, ignoreInitial: true, ignored: /__pycache__/ });
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const settle = () => {
    onChange([...changed]);
    changed.clear();
  };
  watcher.on('all', (_event, path) => {
    if (!path.endsWith('.py')) return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(settle, settleMs);
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return { [Symbol.asyncDispose]: () => watcher.close() };
}
