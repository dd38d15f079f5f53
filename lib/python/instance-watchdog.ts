import { type InstanceMemory, shortageBytes } from './instance-memory.ts';

/** An invocation that can be ended for the instance's sake. */
export interface Evictable {
  readonly residentBytes: () => number;
  readonly evict: (memory: InstanceMemory) => void;
}

interface InstanceWatchdogOptions {
  readonly read: () => InstanceMemory | undefined;
  /** Called when memory gets short, before any invocation has to go. */
  readonly onPressure: () => void;
}

const intervalMs = 50;
/** After one was ended its memory takes a moment to come back. */
const settleMs = 250;

/**
 * Ends the largest invocation when the instance runs out of memory, before the kernel chooses: where `memory.oom.group`
 * is set, as Kubernetes does, it would end the whole service.
 */
export class InstanceWatchdog {
  readonly #options: InstanceWatchdogOptions;
  readonly #running = new Set<Evictable>();
  #timer: NodeJS.Timeout | undefined;
  #settledAt = 0;

  constructor(options: InstanceWatchdogOptions) {
    this.#options = options;
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
    const memory = this.#options.read();
    if (!memory || performance.now() < this.#settledAt) return;
    const shortage = shortageBytes(memory);
    if (memory.leftBytes < 2 * shortage) this.#options.onPressure();
    if (memory.leftBytes >= shortage) return;
    const [largest] = [...this.#running].toSorted((a, b) => b.residentBytes() - a.residentBytes());
    this.#settledAt = performance.now() + settleMs;
    largest?.evict(memory);
  }
}
