import { basename, join } from 'node:path';

import type { Config } from '#lib/config';

import { type Limits, limitsOf } from './limits.ts';
import type { DescribedFunction } from './messages.ts';
import type { Worker } from './worker.ts';

export interface ListedFunction extends DescribedFunction {
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
    return {
      name,
      file,
      functions: [...functions.values()].map((described) => ({
        ...described,
        limits: limitsOf(described, config),
      })),
    };
  } catch (error) {
    return { name, file, error: (error as Error).message };
  }
}
