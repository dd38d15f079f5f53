import { statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import { namesIn, readText, targetOf } from './proc.ts';

const folder = '/dev/shm';
/** As Python's own `multiprocessing` names what it makes there: shared memory, semaphores. */
const ofPython = /^(?:psm_|sem\.mp-|pym-|torch_)/;

interface SharedFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * What functions with `shm=True` have made in /dev/shm since this service started, which all of them share. Those that
 * no living process has any more are removed.
 */
export class SharedMemory {
  readonly #since = Date.now();

  /** Bytes of what is left after the removal. */
  sweep(): number {
    const files = this.#files();
    if (files.length === 0) return 0;
    const held = heldFiles();
    const [kept, gone] = [
      files.filter(({ path }) => held.has(path)),
      files.filter(({ path }) => !held.has(path)),
    ];
    for (const { path } of gone) remove(path);
    return kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #files(): SharedFile[] {
    return namesIn(folder)
      .filter((name) => ofPython.test(name))
      .flatMap((name) => {
        const path = join(folder, name);
        const stats = statSync(path, { throwIfNoEntry: false });
        const isOwn = stats && stats.uid === process.getuid?.() && stats.ctimeMs >= this.#since;
        return isOwn ? [{ path, bytes: stats.blocks * 512 }] : [];
      });
  }
}

/** The files of /dev/shm that any process of this user has open or mapped. */
function heldFiles(): Set<string> {
  const held = new Set<string>();
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const [path] of readText(`/proc/${pid}/maps`).matchAll(/\/dev\/shm\/[^\n]+/g)) held.add(path);
    for (const fd of namesIn(`/proc/${pid}/fd`)) held.add(targetOf(`/proc/${pid}/fd/${fd}`));
  }
  return held;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // another was quicker
  }
}
