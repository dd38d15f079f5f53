import { basename, join } from 'node:path';

import type { Config } from '#lib/config';

import { type Limits, limitsOf } from './limits.ts';
import type { Declaration, DescribedFunction, ForkWay } from './messages.ts';
import type { Worker } from './worker.ts';

/** What a function may reach beyond its own code and directory. */
type Needs = Pick<Declaration, 'secrets' | 'secretsAtImport' | 'reads' | 'shm' | 'unix'>;

export interface ListedFunction
  extends Pick<DescribedFunction, 'name' | 'description' | 'error' | 'input' | 'output'>, Needs {
  readonly limits: Limits;
  /** How many of its calls the instance has memory for at once. */
  readonly fits: number;
  /** How its calls are kept apart, in force. */
  readonly isolation: 'request' | 'reuse' | 'spawn';
}

export type ListedWorker = { readonly name: string; readonly file: string } & (
  | { readonly fork: ForkWay; readonly functions: readonly ListedFunction[] }
  | { readonly error: string }
);

interface ListingOptions {
  readonly config: Config;
  /** What the memory limits of the invocations at once may add up to. */
  readonly budgetBytes: number;
}

/** Describes a worker; loads it for that. */
export async function listWorker(
  worker: Worker,
  { config, budgetBytes }: ListingOptions,
): Promise<ListedWorker> {
  const { name } = worker;
  const file = join('workers', basename(worker.file));
  try {
    const { functions, fork } = await worker.load();
    return {
      name,
      file,
      fork,
      functions: [...functions.values()].map((described) => list(described, { config, budgetBytes })),
    };
  } catch (error) {
    return { name, file, error: (error as Error).message };
  }
}

function list(described: DescribedFunction, { config, budgetBytes }: ListingOptions): ListedFunction {
  const { name, description, error, input, output, declared, spawned } = described;
  const { isolation, secrets, secretsAtImport, reads, shm, unix } = declared;
  const limits = limitsOf(declared, config);
  return {
    name,
    description,
    error,
    input,
    output,
    isolation: isolation === 'reuse' ? 'reuse' : spawned ? 'spawn' : 'request',
    limits,
    fits: Math.floor(budgetBytes / limits.memoryBytes),
    secrets,
    secretsAtImport,
    reads,
    shm,
    unix,
  };
}
