import { availableParallelism } from 'node:os';

import type { KeyUse } from '#lib/access';
import { type Setting, settingsInEffect } from '#lib/config';
import type { ListedFunction, ListedRoute, ListedWorker, MemoryUse, Rule } from '#lib/python';
import type { InvocationRecord } from '#lib/records';
import type { Health, Service, WorkerListing } from '#lib/service';

/** How the service is: the answer of `GET /api/admin/status`, and what the admin page shows. Sizes in bytes. */
export interface AdminStatus {
  /** When this was so (ISO 8601). */
  readonly at: string;
  readonly health: Health;
  /** That the running version was built from, where Render has told it. */
  readonly commit: string | null;
  readonly node: string;
  readonly cpus: number;
  readonly memory: MemoryUse & {
    /** What the service takes for the instance's limit. */
    readonly limitBytes: number;
    /** The server itself, without Python. */
    readonly serverBytes: number;
  };
  /** Requests that have not ended, and how many there may be. */
  readonly requests: { readonly inFlight: number; readonly max: number };
  /** How each key has been used since the start of this instance. */
  readonly keys: readonly KeyUse[];
  readonly python: {
    readonly running: number;
    readonly slots: number;
    readonly queued: number;
    readonly maxQueue: number;
  };
  /** Null until it is known: workers are being loaded. */
  readonly workers: readonly WorkerStatus[] | null;
  /** The same of the files under `routes/`. */
  readonly routes: readonly (WorkerStatus & Pick<ListedRoute, 'method' | 'path'>)[] | null;
  readonly enforcement: readonly Rule[];
  /** The newest first. */
  readonly invocations: readonly InvocationStatus[];
  readonly configuration: readonly Setting[];
  /** What was said of the configuration at the start. */
  readonly warnings: readonly string[];
  readonly storage: {
    readonly durability: 'persistent' | 'ephemeral';
    /** Where files are kept that are to last. */
    readonly place: string | null;
    /** Why files do not last, or what is to be seen to. */
    readonly remark: string | null;
    /** What is wrong with the bucket. */
    readonly fault: string | null;
  };
}

/** A file of Python functions, or why there are none. */
export type WorkerStatus = Pick<ListedWorker, 'name' | 'file'> &
  (
    | {
        readonly functions: readonly FunctionStatus[];
        /** Why its processes are not forked; null where they are. */
        readonly spawns: string | null;
      }
    | { readonly error: string }
  );

export type FunctionStatus = Pick<
  ListedFunction,
  'name' | 'description' | 'error' | 'limits' | 'fits' | 'isolation' | 'access'
> & {
  /** Whether it yields items. */
  readonly streams: boolean;
};

export type InvocationStatus = Pick<
  InvocationRecord,
  | 'id'
  | 'requestId'
  | 'worker'
  | 'function'
  | 'startedAt'
  | 'outcome'
  | 'detail'
  | 'queueMs'
  | 'runMs'
  | 'peakMemoryBytes'
>;

const shownInvocations = 20;

/** @param listing - undefined where it is not known yet. */
export async function statusOf(service: Service, listing: WorkerListing | undefined): Promise<AdminStatus> {
  const { config, python } = service;
  return {
    at: new Date().toISOString(),
    health: service.health(),
    commit: config.environment.RENDER_GIT_COMMIT ?? null,
    node: process.versions.node,
    cpus: availableParallelism(),
    memory: {
      ...python.memory,
      limitBytes: config.instanceMemoryBytes,
      serverBytes: process.memoryUsage.rss(),
    },
    requests: { inFlight: service.load.inFlight, max: config.HEADY_MAX_IN_FLIGHT },
    keys: service.keyring.uses,
    python: {
      ...python.load,
      slots: config.HEADY_PY_MAX_CONCURRENCY,
      maxQueue: config.HEADY_PY_MAX_QUEUE,
    },
    workers: listing?.workers.map(workerStatus) ?? null,
    routes:
      listing?.routes.map(({ method, path, ...worker }) => ({ method, path, ...workerStatus(worker) })) ??
      null,
    enforcement: python.enforcement,
    invocations: (await service.invocations.list({ limit: shownInvocations })).map(invocationStatus),
    configuration: settingsInEffect(config),
    warnings: config.warnings,
    storage: storageStatus(service),
  };
}

function workerStatus(worker: ListedWorker): WorkerStatus {
  const { name, file } = worker;
  if ('error' in worker) return { name, file, error: worker.error };
  const { way, why } = worker.fork;
  return { name, file, spawns: way === 'none' ? why : null, functions: worker.functions.map(functionStatus) };
}

/** Without the schemas, which are large: `GET /api/workers` has them. */
function functionStatus(listed: ListedFunction): FunctionStatus {
  const { name, description, error, limits, fits, isolation, access, item } = listed;
  return { name, description, error, limits, fits, isolation, access, streams: item !== null };
}

function invocationStatus(record: InvocationRecord): InvocationStatus {
  const { id, requestId, worker, function: name, startedAt, outcome, detail } = record;
  const { queueMs, runMs, peakMemoryBytes } = record;
  return {
    id,
    requestId,
    worker,
    function: name,
    startedAt,
    outcome,
    queueMs,
    runMs,
    peakMemoryBytes,
    ...(detail !== undefined && { detail }),
  };
}

function storageStatus({ config, durability: directory, files }: Service): AdminStatus['storage'] {
  const { S3_BUCKET: bucket } = config;
  const remark = 'why' in directory ? directory.why : (directory.warning ?? null);
  return {
    durability: files.durability,
    place: bucket === undefined ? ('path' in directory ? directory.path : null) : `bucket ${bucket}`,
    remark: bucket === undefined ? remark : null,
    fault: files.fault ?? null,
  };
}
