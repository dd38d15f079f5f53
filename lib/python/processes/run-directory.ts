import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { removeDirectory } from './temporary-directory.ts';

/** The folder of one run of the service: its sockets and its children's temporary directories. */
export interface RunDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

const prefix = 'heady-';

/** Makes the folder, for this user alone, and removes those of services that were killed. */
export async function makeRunDirectory(): Promise<RunDirectory> {
  await removeAbandoned();
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  return { path, remove: () => removeDirectory(path) };
}

async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => new RegExp(`^${prefix}\\d+-`).test(name));
  const abandoned = names.filter((name) => !isRunning(Number(name.slice(prefix.length).split('-')[0])));
  await Promise.all(abandoned.map((name) => removeDirectory(join(tmpdir(), name))));
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
