import { relative } from 'node:path';

import type { Config } from '#lib/config';
import { routeName } from '#lib/route-files';

import { type Limits, limitsOf } from '../calls/limits.ts';
import type { Declaration, DescribedFunction } from './described-function.ts';
import type { ForkWay } from './loading-messages.ts';
import type { Worker } from './worker.ts';

/** What a function may reach beyond its own code and directory. */
type Needs = Pick<Declaration, 'secrets' | 'secretsAtImport' | 'reads' | 'shm' | 'unix' | 'access'>;

export interface ListedFunction
  extends Pick<DescribedFunction, 'name' | 'description' | 'error' | 'input' | 'output' | 'item'>, Needs {
  readonly limits: Limits;
  /** How many of its calls the instance has memory for at once, when nothing else runs. */
  readonly fits: number;
  /** How its calls are kept apart, in force. */
  readonly isolation: 'request' | 'reuse' | 'spawn';
}

export type ListedWorker = { readonly name: string; readonly file: string } & (
  | { readonly fork: ForkWay; readonly functions: readonly ListedFunction[] }
  | { readonly error: string }
);

/** A file under `routes/`, and what it answers to. */
export type ListedRoute = ListedWorker & {
  /** Undefined for any. */
  readonly method: string | undefined;
  readonly path: string;
};

interface ListingOptions {
  readonly config: Config;
  /** The most that the invocations of a worker can have, once it is loaded. */
  readonly mostBytes: (worker: string) => Promise<number>;
}

/** Describes a worker; loads it for that, unless it has been retired since. */
export async function listWorker(
  worker: Worker,
  { config, mostBytes }: ListingOptions,
): Promise<ListedWorker> {
  const { name } = worker;
  const file = relative(config.root, worker.file);
  try {
    const { functions, fork } = await worker.describe();
    const bytes = await mostBytes(name);
    return {
      name,
      file,
      fork,
      functions: [...functions.values()].map((described) => list(described, { config, mostBytes: bytes })),
    };
  } catch (error) {
    return { name, file, error: (error as Error).message };
  }
}

/** Describes an endpoint. */
export async function listRoute(worker: Worker, options: ListingOptions): Promise<ListedRoute> {
  const { route, method } = routeName(worker.name);
  return { ...(await listWorker(worker, options)), method: method?.toUpperCase(), path: route };
}

function list(
  described: DescribedFunction,
  { config, mostBytes }: { readonly config: Config; readonly mostBytes: number },
): ListedFunction {
  const { name, description, error, input, output, item, declared, spawned } = described;
  const { isolation, secrets, secretsAtImport, reads, shm, unix, access } = declared;
  const limits = limitsOf(declared, config);
  return {
    name,
    description,
    error,
    input,
    output,
    item,
    isolation: isolation === 'reuse' ? 'reuse' : spawned ? 'spawn' : 'request',
    limits,
    fits: Math.floor(mostBytes / limits.memoryBytes),
    secrets,
    secretsAtImport,
    reads,
    shm,
    unix,
    access: access ?? 'private',
  };
}
