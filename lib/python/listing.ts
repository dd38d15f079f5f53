import { basename, join } from 'node:path';

import type { Config } from '#lib/config';

import { type Limits, limitsOf } from './limits.ts';
import type { Declaration, DescribedFunction } from './messages.ts';
import type { Worker } from './worker.ts';

/** What a function may reach beyond its own code and directory. */
type Needs = Pick<Declaration, 'secrets' | 'secretsAtImport' | 'reads' | 'shm' | 'unix'>;

export interface ListedFunction extends Omit<DescribedFunction, 'declared'>, Needs {
  readonly limits: Limits;
}

export type ListedWorker = { readonly name: string; readonly file: string } & (
  | { readonly functions: readonly ListedFunction[] }
  | { readonly error: string }
);

/** Describes a worker; loads it for that. */
export async function listWorker(worker: Worker, config: Config): Promise<ListedWorker> {
  const { name } = worker;
  const file = join('workers', basename(worker.file));
  try {
    const { functions } = await worker.zygote();
    return { name, file, functions: [...functions.values()].map((described) => list(described, config)) };
  } catch (error) {
    return { name, file, error: (error as Error).message };
  }
}

function list({ declared, ...described }: DescribedFunction, config: Config): ListedFunction {
  const { secrets, secretsAtImport, reads, shm, unix } = declared;
  return {
    ...described,
    limits: limitsOf(declared, config),
    secrets,
    secretsAtImport,
    reads,
    shm,
    unix,
  };
}
