import { formatBytes } from '#lib/config';
import type { Log } from '#lib/log';

import { type InstanceMemory, instanceMemoryReader } from './instance-memory.ts';
import { InstanceWatchdog } from './instance-watchdog.ts';
import { MemoryBudget } from './memory-budget.ts';
import { SharedMemory } from './shared-memory.ts';
import type { Worker } from './worker.ts';

interface MemoryKeeperOptions {
  readonly instanceBytes: number;
  readonly workers: () => readonly Worker[];
  readonly basePid: () => number | undefined;
  /** Called when there may be room for more invocations than before. */
  readonly onRoom: () => void;
  readonly read?: () => InstanceMemory | undefined;
  readonly log: Log;
}

interface RoomOptions {
  /** The worker that the room is for. */
  readonly except: Worker;
  /** Only workers that nobody has called for so long. */
  readonly unusedForMs: number;
}

const measureEveryMs = 5000;

/** Keeps the instance within its memory: knows what is left for invocations, and retires workers that nobody calls. */
export class MemoryKeeper implements Disposable {
  readonly budget: MemoryBudget;
  readonly watchdog: InstanceWatchdog;
  readonly #options: MemoryKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #shared = new SharedMemory();

  constructor(options: MemoryKeeperOptions) {
    this.#options = options;
    this.budget = new MemoryBudget(options.instanceBytes);
    this.watchdog = new InstanceWatchdog({
      read: options.read ?? instanceMemoryReader(),
      onPressure: () => this.#retireIdlest(),
    });
    this.#timer = setInterval(() => void this.measure(), measureEveryMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Takes what all zygotes hold by now. */
  async measure(): Promise<void> {
    const { workers, basePid, onRoom } = this.#options;
    const base = basePid();
    const zygotes = workers().flatMap((worker) => worker.loaded?.pids() ?? []);
    const sharedBytes = this.#shared.sweep();
    await this.budget.measure(base === undefined ? [] : [base], zygotes, { sharedBytes });
    onRoom();
  }

  /** Retires workers that serve nothing, the least recently used first, until so much fits. */
  async makeRoom(bytes: number, { except, unusedForMs }: RoomOptions): Promise<void> {
    while (this.budget.bytes < bytes && this.#retireIdlest({ except, unusedForMs })) await this.measure();
  }

  #retireIdlest({ except, unusedForMs }: Partial<RoomOptions> = {}): boolean {
    const usedBefore = performance.now() - (unusedForMs ?? 0);
    const idle = this.#options
      .workers()
      .filter((worker) => worker !== except && worker.isIdle && worker.usedAt <= usedBefore);
    const [idlest] = idle.toSorted((a, b) => a.usedAt - b.usedAt);
    if (!idlest) return false;
    this.#options.log.info({
      message: `worker ${idlest.name} is retired until it is called, as memory is short`,
      left: formatBytes(this.budget.bytes),
    });
    idlest.retire();
    return true;
  }
}
