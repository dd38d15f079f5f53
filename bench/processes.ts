import { readdirSync, readFileSync } from 'node:fs';

const bytesPerKilobyte = 1024;

export interface Memory {
  /** Resident, with all that is shared. */
  readonly rssBytes: number;
  /** Private memory plus this process's share of what it shares. */
  readonly pssBytes: number;
  /** What no other process has mapped: what would come free if it ended. */
  readonly privateBytes: number;
}

/** The memory of a process now. Needs Linux, and the right to look. */
export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (field: string) => bytesOf(rollup, field);
  return {
    rssBytes: bytes('Rss'),
    pssBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
  };
}

/** The most that a process has ever had resident. */
export function peakRssBytes(pid: number): number {
  return bytesOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

/** What a process has resident, read in no time: looking at `smaps_rollup` stops it for a while. */
export function rssBytesOf(pid: number): number {
  return bytesOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS');
}

const watchMs = 50;

export interface Growth {
  readonly beforeBytes: number;
  /** The most that it was more. */
  readonly grownBytes: number;
}

/** Looks at what a process has resident until it is stopped. */
export function watchMemory(pid: number): { readonly stop: () => Growth } {
  const beforeBytes = rssBytesOf(pid);
  let mostBytes = beforeBytes;
  const watching = setInterval(() => (mostBytes = Math.max(mostBytes, rssBytesOf(pid))), watchMs);
  return {
    stop() {
      clearInterval(watching);
      return { beforeBytes, grownBytes: mostBytes - beforeBytes };
    },
  };
}

/** The CPU time of all threads of a process so far; of its children none. */
export function cpuSecondsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** How many files and sockets a process may have open. */
export function descriptorLimitOf(pid: number): number {
  return Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]);
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter(Boolean)
    .map(Number);
}

function bytesOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * bytesPerKilobyte;
}
