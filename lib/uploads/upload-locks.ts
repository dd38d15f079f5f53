import { ERRORS, type Lock, type Locker, type RequestRelease } from '@tus/server';

/** Longer than it takes to make a file of a gigabyte. */
const patienceMs = 30_000;

interface Holder {
  readonly askToLeave: RequestRelease;
  readonly left: PromiseWithResolvers<void>;
}

interface Wish {
  /** Aborts when it is no longer one. */
  readonly signal: AbortSignal;
  readonly askToLeave: RequestRelease;
}

/**
 * One request at a time for an upload; who comes later asks the one before to leave, as that may be a connection that is
 * dead already. The package's own locker asks in a loop that leaves nothing of the processor to others.
 */
export class UploadLocks implements Locker {
  readonly #holders = new Map<string, Holder>();

  newLock(id: string): Lock {
    return {
      lock: async (signal, askToLeave) => this.#take(id, { signal, askToLeave }),
      unlock: async () => this.#leave(id),
    };
  }

  has(id: string): boolean {
    return this.#holders.has(id);
  }

  /** Does work on an upload that no request is at; else leaves it alone. */
  async whileFree(id: string, work: () => Promise<void>): Promise<void> {
    if (this.has(id)) return;
    await this.#take(id, { signal: new AbortController().signal, askToLeave: endsByItself });
    try {
      await work();
    } finally {
      this.#leave(id);
    }
  }

  /** When everybody has left. */
  async settled(): Promise<void> {
    await Promise.all([...this.#holders.values()].map(({ left }) => left.promise));
  }

  async #take(id: string, { signal, askToLeave }: Wish): Promise<void> {
    const givenUp = givingUp(signal);
    for (let holder = this.#holders.get(id); holder; holder = this.#holders.get(id)) {
      await holder.askToLeave();
      await Promise.race([holder.left.promise, givenUp]);
    }
    this.#holders.set(id, { askToLeave, left: Promise.withResolvers() }); // before anybody else can
  }

  #leave(id: string): void {
    this.#holders.get(id)?.left.resolve();
    this.#holders.delete(id);
  }
}

/** Fails when a wish is no longer one, or has been one for too long. */
function givingUp(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // of interest to who still waits
  const over = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  over.addEventListener('abort', () => reject(signal.aborted ? ERRORS.ABORTED : ERRORS.ERR_LOCK_TIMEOUT));
  return promise;
}

function endsByItself(): void {}
