import { environmentBlock, processTree } from '../processes.ts';

/** The environment blocks of a process and of all below it, without those of processes that end meanwhile. */
export function environmentBlocks(pid: number): string[] {
  return processTree(pid).flatMap((process) => {
    try {
      return [environmentBlock(process.pid)].filter((block) => block !== ''); // a zombie has none
    } catch {
      return [];
    }
  });
}
