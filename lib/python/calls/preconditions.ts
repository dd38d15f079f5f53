import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';

import type { MemoryKeeper } from '../memory/memory-keeper.ts';
import type { DescribedFunction } from '../workers/described-function.ts';
import type { Secrets } from '../workers/secrets.ts';
import type { Limits } from './limits.ts';

/** @throws {Problem} `worker-unavailable`: the function declares a variable that it cannot have. */
export function checkSecrets({ name, declared }: DescribedFunction, secrets: Secrets): void {
  try {
    secrets.check(declared.secrets);
  } catch (error) {
    throw new Problem('worker-unavailable', `${name}: ${(error as Error).message}.`, { cause: error });
  }
}

interface MemoryOptions {
  readonly worker: string;
  readonly limits: Limits;
  readonly memory: MemoryKeeper;
}

/** @throws {Problem} `worker-unavailable`: the function declares more memory than the instance can ever give. */
export async function checkMemory(
  { name }: DescribedFunction,
  { worker, limits: { memoryBytes }, memory }: MemoryOptions,
): Promise<void> {
  await memory.counted(worker);
  const mostBytes = memory.mostBytesFor(worker);
  if (memoryBytes <= mostBytes) return;
  const [declared, most] = [formatBytes(memoryBytes), formatBytes(mostBytes)];
  throw new Problem(
    'worker-unavailable',
    `${name} asks for ${declared} of memory, and this instance can give an invocation ${most} at most.`,
  );
}
