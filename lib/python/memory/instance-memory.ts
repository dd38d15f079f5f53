import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';

import { bytesOf, readText } from './proc.ts';

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

/**
 * Finds where this instance's memory is told, once; `root` stands for the file system's. A limit may be set on any group
 * above the own one, as by Kubernetes on the pod: the one with the least left is what counts.
 */
export function instanceMemoryReader(root = '/'): () => InstanceMemory | undefined {
  const groups = [version2, version1].flatMap((version) =>
    foldersOf(root, version)
      .filter((folder) => existsSync(join(folder, version.limit)))
      .map((folder) => ({ folder, version })),
  );
  return () => {
    const limited = groups.flatMap(({ folder, version }) => readGroup(folder, version) ?? []);
    return limited.toSorted((a, b) => a.leftBytes - b.leftBytes)[0] ?? readMachine(root);
  };
}

interface GroupVersion {
  /** The group's path in `/proc/self/cgroup`. */
  readonly path: RegExp;
  /** In `/proc/self/mountinfo`: the group that is mounted, and where. */
  readonly mount: RegExp;
  readonly limit: string;
  readonly usage: string;
  readonly inactive: RegExp;
}

const version1: GroupVersion = {
  path: /^\d+:(?:[\w,]+,)?memory(?:,[\w,]+)?:(.*)$/m,
  mount: /^\d+ \d+ \S+ (\S+) (\S+) .* - cgroup \S+ (?:\S+,)?memory(?:,|$)/m,
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  inactive: /^total_inactive_file (\d+)$/m,
};
const version2: GroupVersion = {
  path: /^0::(.*)$/m,
  mount: /^\d+ \d+ \S+ (\S+) (\S+) .* - cgroup2 /m,
  limit: 'memory.max',
  usage: 'memory.current',
  inactive: /^inactive_file (\d+)$/m,
};

/** A file of this process's own group of version 2, or of the nearest above that has it; empty where none has. */
export function readGroupFile(name: string): string {
  return (
    foldersOf('/', version2)
      .map((folder) => readText(join(folder, name)))
      .find(Boolean) ?? ''
  );
}

/** The folders of this process's own group and of all above it that are mounted. */
function foldersOf(root: string, { path, mount }: GroupVersion): string[] {
  const [, own] = path.exec(readText(join(root, 'proc/self/cgroup'))) ?? [];
  const [, mounted = '', mountPoint] = mount.exec(readText(join(root, 'proc/self/mountinfo'))) ?? [];
  if (own === undefined || mountPoint === undefined) return [];
  const below = posix.join('/', relativeTo(mounted, own));
  const names = below.split('/').filter(Boolean);
  return [...names, ''].map((_, depth) => join(root, mountPoint, ...names.slice(0, names.length - depth)));
}

/** A container may have its own group mounted, and still be told the path that the host knows it by. */
function relativeTo(mounted: string, own: string): string {
  if (mounted === '/') return own;
  return own === mounted || own.startsWith(`${mounted}/`) ? own.slice(mounted.length) : own;
}

/** Undefined where the group has no limit of its own. */
function readGroup(folder: string, { limit, usage, inactive }: GroupVersion): InstanceMemory | undefined {
  const totalBytes = Number(readText(join(folder, limit))); // NaN of `max`
  if (!(totalBytes > 0 && totalBytes < unlimited)) return undefined;
  const reclaimable = Number(inactive.exec(readText(join(folder, 'memory.stat')))?.[1] ?? 0);
  return { totalBytes, leftBytes: totalBytes - (Number(readText(join(folder, usage))) - reclaimable) };
}

function readMachine(root: string): InstanceMemory | undefined {
  const text = readText(join(root, 'proc/meminfo'));
  const [totalBytes, leftBytes] = [bytesOf(text, 'MemTotal'), bytesOf(text, 'MemAvailable')];
  return totalBytes && leftBytes ? { totalBytes, leftBytes } : undefined; // not Linux
}

/**
 * Below this the instance is short of memory: a sixteenth of it, 16 MB at least and 64 MB at most, which is what two
 * children may take between two looks at them.
 */
export function shortageBytes({ totalBytes }: InstanceMemory): number {
  return Math.min(64 * megabyte, Math.max(16 * megabyte, totalBytes / 16));
}
