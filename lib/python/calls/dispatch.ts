import { Problem } from '#lib/problems';

import { type Lease, ZygoteGone } from '../processes/lease.ts';
import type { DescribedFunction } from '../workers/described-function.ts';
import { nearNames } from '../workers/near-names.ts';
import { WorkerFailure } from '../workers/worker-failure.ts';
import type { WorkerZygote } from '../workers/worker-zygote.ts';
import type { Worker } from '../workers/worker.ts';

export interface TakenChild {
  readonly lease: Lease;
  readonly zygote: WorkerZygote;
}

/** How often a call is handed on when its zygote dies under it before it has started. */
const maxHandovers = 3;

/**
 * What a worker's zygote says of a function; the worker is loaded for it.
 *
 * @throws {Problem} `worker-not-found`, `worker-unavailable`
 */
export async function functionOf(worker: Worker, name: string): Promise<DescribedFunction> {
  return functionIn(await zygoteOf(worker), { worker, name });
}

/** The names of a worker's functions; the worker is loaded for them. @throws {Problem} `worker-unavailable` */
export async function namesOf(worker: Worker): Promise<string[]> {
  const { functions } = await zygoteOf(worker);
  return [...functions.keys()];
}

/**
 * The one function that a file under `routes/` has, which its zygote sees to.
 *
 * @throws {Problem} `worker-unavailable`
 */
export async function onlyFunctionOf(worker: Worker): Promise<DescribedFunction> {
  const zygote = await zygoteOf(worker);
  const [name = ''] = zygote.functions.keys();
  return functionIn(zygote, { worker, name });
}

/**
 * A child that is ready for a call of the function, for as long as its caller waits.
 *
 * @throws {Problem} as {@link functionOf}; `worker-crashed` when zygote after zygote dies.
 * @throws the reason of the signal when the caller goes away; a child that comes later is ended.
 */
export async function takeChild(worker: Worker, name: string, signal: AbortSignal): Promise<TakenChild> {
  const taken = nextChild(worker, name);
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([taken, gone]);
  } catch (error) {
    if (signal.aborted) void taken.then(({ lease }) => lease.finish({ kind: 'canceled' })).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/**
 * A child that is ready for a call of the function. When a zygote dies with the call still waiting, the call goes to the
 * next one.
 *
 * @throws {Problem} as {@link functionOf}, as the file may have changed; `worker-crashed` when zygote after zygote dies.
 */
async function nextChild(worker: Worker, name: string): Promise<TakenChild> {
  for (let handovers = 0; ; handovers += 1) {
    const zygote = await zygoteOf(worker);
    const described = functionIn(zygote, { worker, name });
    try {
      return { zygote, lease: await zygote.take(described) };
    } catch (error) {
      if (error instanceof ZygoteGone && handovers < maxHandovers) continue;
      if (error instanceof WorkerFailure)
        throw unavailable(`'${worker.name}' has no process for the call`, error);
      throw new Problem('worker-crashed', `Worker '${worker.name}': its zygote keeps dying.`, {
        cause: error,
      });
    }
  }
}

function functionIn(
  { functions }: WorkerZygote,
  { worker, name }: { worker: Worker; name: string },
): DescribedFunction {
  const described = functions.get(name);
  if (!described)
    throw new Problem(
      'worker-not-found',
      `Worker '${worker.name}' has no function '${name}'. ${nearNames(name, [...functions.keys()])}`,
    );
  if (described.error !== null) throw new Problem('worker-unavailable', described.error);
  return described;
}

async function zygoteOf(worker: Worker): Promise<WorkerZygote> {
  try {
    return await worker.zygote();
  } catch (error) {
    throw unavailable(`'${worker.name}' does not load`, error as Error, worker.retryInMs);
  }
}

function unavailable(what: string, cause: Error, retryInMs?: number): Problem {
  const traceback = cause instanceof WorkerFailure ? { traceback: cause.traceback } : {};
  const retry =
    retryInMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryInMs / 1000)) };
  return new Problem('worker-unavailable', `Worker ${what}: ${cause.message}.`, {
    ...traceback,
    ...retry,
    cause,
  });
}
