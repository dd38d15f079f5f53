import type { Limits } from './limits.ts';
import { memoryOf, treeUsage } from './process-tree.ts';

/** A limit that an invocation has hit, and what it used. */
export interface Breach {
  readonly limit: 'memory' | 'cpu';
  readonly used: number;
}

interface WatchOptions {
  readonly limits: Limits;
  /** An idle child of the same zygote, where there is one: what it holds is not the invocation's own. */
  readonly idlePid: () => number | undefined;
  readonly onBreach: (breach: Breach) => void;
}

/** Often enough to end an invocation within 100 ms of its breach. */
const intervalMs = 50;

/**
 * Measures the process tree of one invocation until it is disposed of. Memory is the proportional set size of the
 * whole tree less an idle child's, both read in the same pass, as the end of a sibling moves both.
 */
export class Watchdog implements Disposable {
  readonly #pid: number;
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  #baselineBytes: number | undefined;
  #peakMemoryBytes = 0;
  #measuring = false;

  constructor(pid: number, options: WatchOptions) {
    this.#pid = pid;
    this.#options = options;
    this.#timer = setInterval(() => void this.#measure(), intervalMs);
  }

  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #measure(): Promise<void> {
    if (this.#measuring) return; // a slow pass is not overtaken
    this.#measuring = true;
    try {
      const [usage, baseline] = await Promise.all([treeUsage(this.#pid), this.#baseline()]);
      this.#judge({ memoryBytes: Math.max(0, usage.memoryBytes - baseline), cpuMs: usage.cpuMs });
    } finally {
      this.#measuring = false;
    }
  }

  async #baseline(): Promise<number> {
    const idle = this.#options.idlePid();
    const now = idle === undefined ? 0 : await memoryOf(idle);
    if (now > 0) this.#baselineBytes = now;
    return this.#baselineBytes ?? 0;
  }

  #judge({ memoryBytes, cpuMs }: { memoryBytes: number; cpuMs: number }): void {
    const { limits, onBreach } = this.#options;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memoryBytes);
    if (memoryBytes > limits.memoryBytes) onBreach({ limit: 'memory', used: memoryBytes });
    else if (cpuMs > limits.cpuMs) onBreach({ limit: 'cpu', used: cpuMs });
  }
}
