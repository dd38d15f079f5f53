import type { Config } from '#lib/config';

import type { Declaration } from '../workers/described-function.ts';

/** What one invocation may use. */
export interface Limits {
  readonly timeoutMs: number;
  readonly cpuMs: number;
  /** Over all its processes, above an idle child's. */
  readonly memoryBytes: number;
  readonly outputBytes: number;
  /** In its temporary directory, files that are only open included. */
  readonly diskBytes: number;
  /** Processes and threads at once. */
  readonly processes: number;
}

/** Enough for a scratch file or a downloaded data set, little enough for the disk of a small instance. */
export const defaultDiskBytes = 256 * 1024 ** 2;
/** Enough for a pool of processes or threads on a large machine, too few for a fork bomb. */
const defaultProcesses = 64;

/** A function's limits: what it declares, else the service's defaults. */
export function limitsOf(declared: Declaration, config: Config): Limits {
  return {
    timeoutMs: inMilliseconds(declared.timeoutSeconds) ?? config.HEADY_PY_TIMEOUT,
    cpuMs: inMilliseconds(declared.cpuSeconds) ?? config.HEADY_PY_CPU,
    memoryBytes: declared.memoryBytes ?? config.pyMemoryBytes,
    outputBytes: declared.outputBytes ?? config.HEADY_PY_OUTPUT,
    diskBytes: declared.diskBytes ?? defaultDiskBytes,
    processes: declared.processes ?? defaultProcesses,
  };
}

function inMilliseconds(seconds: number | null): number | undefined {
  return seconds === null ? undefined : seconds * 1000;
}
