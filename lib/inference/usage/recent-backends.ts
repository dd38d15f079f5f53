import type { BackendName, Caller, CallUsage } from '../operation.ts';

const capacity = 1000;

/** Which backend has answered last for each of the requests that came last. */
export class RecentBackends {
  readonly #backends = new Map<string, BackendName>(); // in the order of their arrival

  add({ backend }: CallUsage, { requestId }: Caller): void {
    if (backend === 'none' || backend === 'cache') return;
    this.#backends.delete(requestId);
    this.#backends.set(requestId, backend);
    const oldest = this.#backends.size > capacity ? this.#backends.keys().next().value : undefined;
    if (oldest !== undefined) this.#backends.delete(oldest);
  }

  of(requestId: string): BackendName | undefined {
    return this.#backends.get(requestId);
  }
}
