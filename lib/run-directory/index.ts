import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that one run of the service has for what goes with it. Disposing of it removes it. */
export interface RunDirectory extends AsyncDisposable {
  readonly path: string;
}

interface RunDirectoryOptions {
  /** What its name begins with. */
  readonly prefix: string;
  /** Removes a folder with all that is in it, where `rm` may not do. */
  readonly remove?: (path: string) => Promise<void>;
}

/** Makes the folder, for this user alone, and removes those of services that were killed. */
export async function makeRunDirectory({
  prefix,
  remove = removeTree,
}: RunDirectoryOptions): Promise<RunDirectory> {
  await Promise.all((await abandoned(prefix)).map((name) => remove(join(tmpdir(), name))));
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => remove(path) };
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function abandoned(prefix: string): Promise<string[]> {
  const names = (await readdir(tmpdir())).filter((name) => new RegExp(`^${prefix}\\d+-`).test(name));
  const dead = names.filter((name) => !isRunning(Number(name.slice(prefix.length).split('-')[0])));
  const owned = await Promise.all(dead.map(async (name) => ((await isOwn(name)) ? [name] : [])));
  return owned.flat();
}

/** Another user's is that user's to remove. */
async function isOwn(name: string): Promise<boolean> {
  const found = await stat(join(tmpdir(), name)).catch(() => undefined);
  return found?.uid === process.getuid?.();
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
