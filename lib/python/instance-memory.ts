import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readText } from './proc.ts';

/** What the instance's memory looks like now. */
export interface InstanceMemory {
  /** Its control group's limit, else all of the machine's. */
  readonly totalBytes: number;
  /** What can still be had before the kernel ends a process: free, or taken by files that can be read again. */
  readonly leftBytes: number;
}

const megabyte = 1024 ** 2;
/** A version 1 limit at or above this says that there is none. */
const unlimited = 2 ** 60;

/** Finds where this instance's memory is told, once; `root` stands for the file system's. */
export function instanceMemoryReader(root = '/'): () => InstanceMemory | undefined {
  const groups = readText(join(root, 'proc/self/cgroup'));
  const [, path1] = /^\d+:(?:[\w,]+,)?memory(?:,[\w,]+)?:(.*)$/m.exec(groups) ?? [];
  const [, path2] = /^0::(.*)$/m.exec(groups) ?? [];
  const folders1 = path1 === undefined ? [] : candidates(root, 'sys/fs/cgroup/memory', path1);
  const folders2 = path2 === undefined ? [] : candidates(root, 'sys/fs/cgroup', path2);
  const version1 = folders1.find((folder) => existsSync(join(folder, 'memory.limit_in_bytes')));
  const version2 = folders2.find((folder) => existsSync(join(folder, 'memory.max')));
  return () =>
    (version2 === undefined ? undefined : readGroup(version2, version2Files)) ??
    (version1 === undefined ? undefined : readGroup(version1, version1Files)) ??
    readMachine(root);
}

/** Inside a container the path is often that of the host, and the container's own group is mounted at the root. */
function candidates(root: string, mount: string, path: string): string[] {
  return [join(root, mount, path), join(root, mount)];
}

interface GroupFiles {
  readonly limit: string;
  readonly usage: string;
  readonly inactive: RegExp;
}

const version1Files = {
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  inactive: /^total_inactive_file (\d+)$/m,
};
const version2Files = { limit: 'memory.max', usage: 'memory.current', inactive: /^inactive_file (\d+)$/m };

/** Undefined where the group has no limit of its own. */
function readGroup(folder: string, { limit, usage, inactive }: GroupFiles): InstanceMemory | undefined {
  const totalBytes = Number(readText(join(folder, limit))); // NaN of `max`
  if (!(totalBytes > 0 && totalBytes < unlimited)) return undefined;
  const reclaimable = Number(inactive.exec(readText(join(folder, 'memory.stat')))?.[1] ?? 0);
  return { totalBytes, leftBytes: totalBytes - (Number(readText(join(folder, usage))) - reclaimable) };
}

function readMachine(root: string): InstanceMemory | undefined {
  const text = readText(join(root, 'proc/meminfo'));
  const [total, available] = ['MemTotal', 'MemAvailable'].map(
    (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024,
  );
  return total && available ? { totalBytes: total, leftBytes: available } : undefined; // not Linux
}

/** Below this the instance is short of memory: what two children may take between two looks at them. */
export function shortageBytes({ totalBytes }: InstanceMemory): number {
  return Math.min(64 * megabyte, Math.max(16 * megabyte, totalBytes / 16));
}
