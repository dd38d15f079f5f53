import { readFile, readdir } from 'node:fs/promises';

/** What a process and all its descendants use at one moment. */
export interface TreeUsage {
  readonly memoryBytes: number;
  readonly cpuMs: number;
}

const ticksPerSecond = 100; // USER_HZ, the unit of /proc/<pid>/stat on every Linux

/** The memory and CPU time of a process tree; of a process that has ended, nothing. */
export async function treeUsage(pid: number): Promise<TreeUsage> {
  const pids = [pid, ...(await descendants(pid))];
  const usages = await Promise.all(pids.map(async (id) => [await memoryOf(id), await cpuOf(id)] as const));
  return {
    memoryBytes: usages.reduce((sum, [memory]) => sum + memory, 0),
    cpuMs: usages.reduce((sum, [, cpu]) => sum + cpu, 0),
  };
}

/**
 * Proportional set size: private memory plus this process's share of what it shares. Where that may not be read (a
 * process that is not dumpable) or is not known, RssAnon + RssShmem + VmSwap, an upper bound.
 */
export async function memoryOf(pid: number): Promise<number> {
  const rollup = await readProc(pid, 'smaps_rollup');
  const proportional = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
  if (proportional !== undefined) return Number(proportional) * 1024 + kilobytes(rollup, 'SwapPss');
  const status = await readProc(pid, 'status');
  return kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem') + kilobytes(status, 'VmSwap');
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** User and system time of a process and of its children that it has waited for: fields 14 to 17 of proc_pid_stat(5). */
async function cpuOf(pid: number): Promise<number> {
  const fields = statFields(await readProc(pid, 'stat'));
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1000) / ticksPerSecond;
}

async function descendants(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const deeper = await Promise.all(children.map(descendants));
  return [...children, ...deeper.flat()];
}

/** Children by every thread that forked one: `/proc/<pid>/task/<tid>/children`. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readProc(pid, `task/${thread}/children`)));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** The fields of a stat file after the command's name, which may itself hold spaces and brackets. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function readProc(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''); // it has ended
}
