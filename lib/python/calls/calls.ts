import type { Config } from '#lib/config';

import type { Admission } from '../admission/admission.ts';
import type { MemoryKeeper } from '../memory/memory-keeper.ts';
import type { DescribedFunction } from '../workers/described-function.ts';
import type { Secrets } from '../workers/secrets.ts';
import type { Worker } from '../workers/worker.ts';
import type { AnyCall, Grant, Grantee } from './call.ts';
import { takeChild, type TakenChild } from './dispatch.ts';
import { type Holdings, Invocation, type InvocationOptions } from './invocation.ts';
import type { Journal } from './journal.ts';
import { type Limits, limitsOf } from './limits.ts';
import { failureOf } from './outcome.ts';
import { checkMemory, checkSecrets } from './preconditions.ts';
import { storedFiles } from './stored-files.ts';

interface CallsOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly memory: MemoryKeeper;
  readonly admission: Admission;
  readonly journal: Journal;
  readonly grant: (grantee: Grantee) => Grant;
  readonly draining: AbortSignal;
}

/** A call that is to be admitted. */
interface Application {
  readonly worker: Worker;
  readonly call: AnyCall;
  readonly described: DescribedFunction;
}

type Admitted = TakenChild & Pick<Holdings, 'slot'> & Pick<InvocationOptions, 'stored'>;

/** What stands before a call: whether it can be served at all, a slot for it, and a child that is ready. */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** @throws {Problem} `worker-unavailable`, `worker-busy`, `worker-crashed` */
  async open({ worker, call, described }: Application): Promise<Invocation> {
    const { config, secrets, memory, journal, grant, draining } = this.#options;
    checkSecrets(described, secrets);
    const limits = limitsOf(described.declared, config);
    await checkMemory(described, { worker: worker.name, limits, memory });
    const entry = journal.open(call);
    const queuedAt = performance.now();
    const admitted = this.#admit({ worker, call, described }, limits);
    const { zygote, stored, ...held } = await admitted.catch((error: unknown) => {
      entry.close({ ...failureOf(error), queueMs: performance.now() - queuedAt });
      throw error;
    });
    const { requestId } = call;
    const name = `${worker.name}.${call.function}`;
    return new Invocation(
      { ...held, grant: grant({ invocationId: entry.id, requestId, name }) },
      {
        call,
        stored,
        request: described.context ? call.request?.() : undefined,
        limits,
        draining,
        entry,
        queueMs: performance.now() - queuedAt,
        instance: memory.watchdog,
        idlePid: () => zygote.idlePid(),
        mask: (said) => secrets.redactor.mask(said),
      },
    );
  }

  async #admit({ worker, call, described }: Application, limits: Limits): Promise<Admitted> {
    const { concurrency, queue } = described.declared;
    const { memoryBytes } = limits;
    const stored = await storedFiles(call, described, limits);
    const { function: name, caller = '' } = call;
    const applicant = { worker: worker.name, function: name, caller, memoryBytes, concurrency, queue };
    const slot = await this.#options.admission.enter(applicant, call.signal);
    try {
      return { slot, stored, ...(await takeChild(worker, call.function, call.signal)) };
    } catch (error) {
      slot[Symbol.dispose]();
      throw error;
    }
  }
}
