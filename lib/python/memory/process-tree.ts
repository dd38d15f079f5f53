import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { bytesOf, namesIn, readText, residentBytesOf, statFields, targetOf } from './proc.ts';

/** A process and all its descendants at one moment. Those that left its group and session are among them. */
export interface ProcessTree {
  readonly pids: readonly number[];
  /** Processes and their threads, the ended that nobody has waited for included. */
  readonly tasks: number;
  /** User and system time, that of ended processes included. */
  readonly cpuMs: number;
  /** An upper bound of the memory that they use: pages shared with others count in full, and as often as they are. */
  readonly residentBytes: number;
}

const ticksPerSecond = 100; // USER_HZ, the unit of /proc/<pid>/stat on every Linux

/**
 * Looks at a process tree. Synchronous: a dozen system calls for a process without children, which would take longer by
 * way of a thread pool.
 */
export function processTree(pid: number): ProcessTree {
  const pids = [pid];
  let [tasks, ticks, residentBytes] = [0, 0, 0];
  for (const each of pids) {
    const fields = statFields(each);
    const threads = namesIn(`/proc/${each}/task`);
    tasks += Math.max(1, threads.length);
    ticks += ticksOf(fields);
    residentBytes += residentBytesOf(fields);
    for (const thread of threads) pids.push(...childrenOf(each, thread));
  }
  return { pids, tasks, cpuMs: (ticks * 1000) / ticksPerSecond, residentBytes };
}

/** User and system time of one process, that of its ended children included; 0 of one that has ended itself. */
export function cpuMsOf(pid: number): number {
  return (ticksOf(statFields(pid)) * 1000) / ticksPerSecond;
}

/** utime, stime, cutime and cstime of proc_pid_stat(5). */
function ticksOf(fields: readonly string[]): number {
  return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
}

/** Memory of processes, by the measure of `HEADY_PY_MEMORY`. */
export interface Memory {
  /** Without {@link sharedBytes}. */
  readonly privateBytes: number;
  /** Shared memory that is mapped: shmem, tmpfs files and memfd. */
  readonly sharedBytes: number;
}

/**
 * Proportional set size: private memory plus each process's share of what it shares. Where that may not be read (a
 * process that is not dumpable) or is not known, RssAnon + VmSwap and RssShmem, an upper bound.
 */
export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const memories = await Promise.all(pids.map(memoryOfOne));
  return {
    privateBytes: memories.reduce((total, { privateBytes }) => total + privateBytes, 0),
    sharedBytes: memories.reduce((total, { sharedBytes }) => total + sharedBytes, 0),
  };
}

/** Files without a name that processes hold open, as bytes that are allocated to them. */
export interface OpenFiles {
  /** In memory: memfd, and unlinked files of /dev/shm. */
  readonly memoryBytes: number;
  /** On disk: unlinked files of the directory. */
  readonly diskBytes: number;
}

/** Looks for files that were unlinked, or never had a name, and are still open: a walk over folders misses them. */
export function unlinkedFiles(pids: readonly number[], directory: string): OpenFiles {
  const inMemory = new Map<string, number>();
  const onDisk = new Map<string, number>();
  for (const pid of pids)
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      const target = targetOf(path);
      if (!target.endsWith(' (deleted)')) continue;
      const isMemory = target.startsWith('/memfd:') || target.startsWith('/dev/shm/');
      if (isMemory) addFile(inMemory, path);
      else if (target.startsWith(`${directory}/`)) addFile(onDisk, path);
    }
  return { memoryBytes: sum(inMemory), diskBytes: sum(onDisk) };
}

async function memoryOfOne(pid: number): Promise<Memory> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const proportional = bytesOf(rollup, 'Pss');
  if (proportional > 0) {
    const sharedBytes = bytesOf(rollup, 'Pss_Shmem');
    return { privateBytes: proportional + bytesOf(rollup, 'SwapPss') - sharedBytes, sharedBytes };
  }
  const status = readText(`/proc/${pid}/status`);
  return {
    privateBytes: bytesOf(status, 'RssAnon') + bytesOf(status, 'VmSwap'),
    sharedBytes: bytesOf(status, 'RssShmem'),
  };
}

/** Children by the thread that forked them: `/proc/<pid>/task/<tid>/children`. */
function childrenOf(pid: number, thread: string): number[] {
  return readText(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number);
}

/** Each file counts once, however many descriptors lead to it. */
function addFile(files: Map<string, number>, path: string): void {
  const { dev, ino, blocks } = statSync(path, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0, blocks: 0 };
  files.set(`${dev}:${ino}`, blocks * 512);
}

function sum(files: ReadonlyMap<string, number>): number {
  return files.values().reduce((total, bytes) => total + bytes, 0);
}
