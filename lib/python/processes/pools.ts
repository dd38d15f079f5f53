import { join } from 'node:path';

import type { DescribedFunction } from '../workers/described-function.ts';
import type { WorkerZygoteOptions } from '../workers/worker-zygote.ts';
import type { Child, OutputSink } from './child.ts';
import { startFresh } from './fresh-interpreter.ts';
import type { Pool } from './lease.ts';
import { Offspring } from './offspring.ts';
import { ReusePool } from './reuse-pool.ts';
import { SingleUsePool } from './single-use-pool.ts';
import type { StartingOptions } from './starting.ts';

/** Interpreters that wait ready: each takes its import's time to start, and its memory. */
const freshSpares = 1;
const defaultMaxRequests = 1000;
const defaultIdleSeconds = 600;

interface PoolsOptions extends WorkerZygoteOptions {
  /** Called with the shared modules that a process which may serve a further call, or has yet to serve, has looked for. */
  readonly onImports: (names: readonly string[]) => void;
}

/** A pool for each profile of a worker's functions. */
export function openPools(
  zygote: Child,
  functions: readonly DescribedFunction[],
  options: PoolsOptions,
): Map<number, Pool> {
  const offspring = new Offspring({
    control: zygote.connection,
    directory: zygote.directory,
    sink: sinkOf(options),
  });
  const ofProfiles = new Map(functions.map((described) => [described.profile, described]));
  return new Map(
    Array.from(ofProfiles, ([profile, described]) => {
      const socket = join(zygote.directory, `${profile}.sock`);
      const start = described.spawned
        ? async () => fresh(described, options)
        : async () => forked(described, { offspring, socket }, options);
      const fork = async () => {
        const child = await start();
        if (child) options.onImports(child.imports);
        return child;
      };
      return [profile, openPool(described, fork, options)];
    }),
  );
}

function openPool(
  { declared, spawned }: DescribedFunction,
  fork: StartingOptions['fork'],
  { order, spares, log, onImports }: PoolsOptions,
): Pool {
  const onFailure = ({ message }: Error) =>
    log.error({ message: `worker ${order.name} has no process that could serve: ${message}` });
  if (declared.isolation !== 'reuse')
    return new SingleUsePool({ fork, onFailure, spares: spawned ? freshSpares : spares });
  const maxRequests = declared.maxRequests ?? defaultMaxRequests;
  return new ReusePool({
    fork,
    onFailure,
    maxRequests,
    onImports,
    idleMs: (declared.idleSeconds ?? defaultIdleSeconds) * 1000,
  });
}

/** What processes say that serve no call. */
function sinkOf({ order, output }: WorkerZygoteOptions): (pid: number) => OutputSink {
  return (pid) => (entry) => output.write(entry, { worker: order.name, pid });
}

async function forked(
  { prepared, declared }: DescribedFunction,
  { offspring, socket }: { readonly offspring: Offspring; readonly socket: string },
  { secrets, importTimeoutMs }: WorkerZygoteOptions,
): Promise<Child | undefined> {
  if (!prepared) return offspring.fork(socket);
  return offspring.forkPrepared(socket, secrets.values(declared.secrets), importTimeoutMs);
}

async function fresh(
  { name, declared }: DescribedFunction,
  options: WorkerZygoteOptions,
): Promise<Child | undefined> {
  const { order, base, secrets, importTimeoutMs } = options;
  const variables = secrets.values([...declared.secrets, ...declared.secretsAtImport]);
  return startFresh(await base(), {
    order: { ...order, function: name },
    variables,
    timeoutMs: importTimeoutMs,
    sink: sinkOf(options),
  });
}
