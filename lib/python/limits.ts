import type { Config } from '#lib/config';

import type { DescribedFunction } from './messages.ts';

/** What one invocation may use. */
export interface Limits {
  readonly timeoutMs: number;
  readonly cpuMs: number;
  /** Over all its processes, above an idle child's. */
  readonly memoryBytes: number;
  readonly outputBytes: number;
}

/** A function's limits: what it declares, else the service's defaults. */
export function limitsOf(declared: DescribedFunction, config: Config): Limits {
  return {
    timeoutMs: declared.timeoutMs ?? config.HEADY_PY_TIMEOUT,
    cpuMs: declared.cpuMs ?? config.HEADY_PY_CPU,
    memoryBytes: declared.memoryBytes ?? config.pyMemoryBytes,
    outputBytes: declared.outputBytes ?? config.HEADY_PY_OUTPUT,
  };
}
