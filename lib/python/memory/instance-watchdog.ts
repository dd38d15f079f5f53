import { type InstanceMemory, shortageBytes } from './instance-memory.ts';

/** An invocation that can be ended for the instance's sake. */
export interface Evictable {
  readonly residentBytes: () => number;
  readonly evict: (memory: InstanceMemory) => void;
}

interface InstanceWatchdogOptions {
  /** Is told how to find what the invocations hold that run. */
  readonly read: (residentBytes: () => readonly number[]) => InstanceMemory | undefined;
  /** Called when memory gets short, before any invocation has to go. */
  readonly onPressure: () => void;
}

const intervalMs = 50;
/** After something was ended its memory takes a moment to come back. */
const settleMs = 250;

/**
 * Ends the largest invocation when the instance runs out of memory, before the kernel chooses: where `memory.oom.group`
 * is set, as Kubernetes does, it would end the whole service.
 */
export class InstanceWatchdog {
  readonly #options: InstanceWatchdogOptions;
  readonly #running = new Set<Evictable>();
  #timer: NodeJS.Timeout | undefined;
  #relievedAt = -Infinity;
  #evictedAt = -Infinity;

  constructor(options: InstanceWatchdogOptions) {
    this.#options = options;
  }

  /** What the instance's memory looks like now; undefined where that cannot be told. */
  get memory(): InstanceMemory | undefined {
    return this.#options.read(() => [...this.#running].map((each) => each.residentBytes()));
  }

  /** Watches for as long as there is an invocation to end. */
  watch(invocation: Evictable): Disposable {
    this.#running.add(invocation);
    this.#timer ??= setInterval(() => this.#look(), intervalMs);
    return {
      [Symbol.dispose]: () => {
        this.#running.delete(invocation);
        if (this.#running.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  #look(): void {
    const { memory } = this;
    if (!memory) return;
    const now = performance.now();
    const shortage = shortageBytes(memory);
    if (memory.leftBytes < 2 * shortage && now >= this.#relievedAt + settleMs) {
      this.#relievedAt = now;
      this.#options.onPressure();
    }
    if (memory.leftBytes < shortage && now >= this.#evictedAt + settleMs) {
      this.#evictedAt = now;
      this.#largest()?.evict(memory);
    }
  }

  #largest(): Evictable | undefined {
    return [...this.#running]
      .map((invocation) => ({ invocation, bytes: invocation.residentBytes() }))
      .toSorted((a, b) => b.bytes - a.bytes)[0]?.invocation;
  }
}
