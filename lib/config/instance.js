// JavaScript, not TypeScript: the launcher reads it before anything is compiled.
import { totalmem } from 'node:os';

/** A Starter instance's memory: what is assumed on Render where the container's limit cannot be seen. */
const renderStarterBytes = 512 * 1024 ** 2;

/**
 * Bytes of memory that this instance may use: its control group's limit, else a Starter instance's on Render, else
 * all of the machine's.
 *
 * @returns {number}
 */
export function instanceMemoryBytes() {
  const limit = process.constrainedMemory(); // 0 or far above the machine's memory where there is none
  if (limit > 0 && limit < totalmem()) return limit;
  return process.env.RENDER ? renderStarterBytes : totalmem();
}
