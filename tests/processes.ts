import { readdirSync, readFileSync } from 'node:fs';

/** A living process, as /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly command: string;
}

/** Every process on this machine that has not ended; zombies are among them. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(pid), parent: Number(parent), state, command }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** A process and all that descends from it. */
export function processTree(pid: number, all = processes()): Process[] {
  const own = all.filter((process) => process.pid === pid);
  return [
    ...own,
    ...all.filter(({ parent }) => parent === pid).flatMap((child) => processTree(child.pid, all)),
  ];
}

/** The text of a process's environment block. */
export function environmentBlock(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, 'utf8');
}
