// JavaScript, not TypeScript: the launcher reads it before anything is compiled.
import { totalmem } from 'node:os';

const gibibyte = 1024 ** 3;

/**
 * Bytes of memory that this instance may use: its control group's limit, else what Render sells with as many CPUs,
 * else all of the machine's.
 *
 * @returns {number}
 */
export function instanceMemoryBytes() {
  const limit = process.constrainedMemory(); // 0 or far above the machine's memory where there is none
  if (limit > 0 && limit < totalmem()) return limit;
  return Math.min(
    totalmem(),
    process.env.RENDER ? renderMemoryBytes(Number(process.env.RENDER_CPU_COUNT)) : Infinity,
  );
}

/** Free and Starter have a fraction of a CPU and 512 MB, the plans above them 2 GB a CPU. @param {number} cpus */
function renderMemoryBytes(cpus) {
  return cpus >= 1 ? 2 * gibibyte * cpus : gibibyte / 2;
}
