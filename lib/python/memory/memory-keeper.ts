import { formatBytes } from '#lib/config';
import type { Log } from '#lib/log';

import type { Worker } from '../workers/worker.ts';
import { type InstanceMemory, instanceMemoryReader } from './instance-memory.ts';
import { InstanceWatchdog } from './instance-watchdog.ts';
import { MemoryBudget } from './memory-budget.ts';
import { residentBytesOf, statFields } from './proc.ts';
import { SharedMemory } from './shared-memory.ts';

interface MemoryKeeperOptions {
  readonly instanceBytes: number;
  readonly workers: () => readonly Worker[];
  readonly basePid: () => number | undefined;
  /** What the invocations that run may use. */
  readonly reservedBytes: () => number;
  /** Called when there may be room for more invocations than before. */
  readonly onRoom: () => void;
  /** What the kernel tells of the instance's memory. */
  readonly read?: (() => InstanceMemory | undefined) | undefined;
  readonly log: Log;
}

interface RoomOptions {
  /** The worker that the room is for. */
  readonly except: string;
  /** Whether a call that runs will leave room, too: then workers stay that have been called lately. */
  readonly mayWait: boolean;
}

const measureEveryMs = 5000;
/** A worker that was called within so long would likely be loaded again at once. */
const latelyMs = 60_000;

/** Keeps the instance within its memory: knows what is left for invocations, and retires workers that nobody calls. */
export class MemoryKeeper implements Disposable {
  readonly budget: MemoryBudget;
  readonly watchdog: InstanceWatchdog;
  readonly #options: MemoryKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #shared = new SharedMemory();
  #measured = Promise.resolve();
  /** The measure that follows. */
  #next: Promise<void> | undefined;

  constructor(options: MemoryKeeperOptions) {
    const told = options.read ?? instanceMemoryReader();
    this.#options = options;
    this.budget = new MemoryBudget(options.instanceBytes);
    this.watchdog = new InstanceWatchdog({
      read: (residentBytes) => this.#left(told(), residentBytes),
      onPressure: () => this.#retire(this.#idle().slice(0, 1), Infinity),
    });
    this.#timer = setInterval(() => void this.measure(), measureEveryMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Takes what all zygotes hold by now: after the measure that is under way, if there is one, as that may miss some. */
  async measure(): Promise<void> {
    this.#next ??= this.#measured.then(() => {
      this.#next = undefined;
      this.#measured = this.#measure();
      return this.#measured;
    });
    return this.#next;
  }

  /** Resolved when a worker that is loaded is counted. */
  async counted(name: string): Promise<void> {
    if (this.budget.zygoteBytesOf(name) === 0) await this.measure();
  }

  /** The most that an invocation of a worker can ever have: when no other one is loaded but those that must stay. */
  mostBytesFor(name: string): number {
    const staying = this.#loaded().filter((worker) => worker.name === name || worker.loaded?.warm);
    return Math.max(0, this.budget.mostBytes - this.#bytesOf(staying));
  }

  /** Retires workers that serve nothing, the least recently used first, when that is enough for so many bytes. */
  makeRoom(bytes: number, { except, mayWait }: RoomOptions): void {
    const idle = this.#idle().filter(({ name }) => name !== except);
    const candidates = mayWait ? idle.filter(isUnused) : idle;
    if (this.budget.bytes + this.#bytesOf(candidates) >= bytes) this.#retire(candidates, bytes);
  }

  /**
   * What is left of the instance. Where the kernel tells no limit that is as low as the instance's, as on a host that
   * hides it, that is what the service's own processes do not hold: of an invocation, what it holds beyond the base
   * zygote's pages, which it shares.
   */
  #left(
    told: InstanceMemory | undefined,
    residentBytes: () => readonly number[],
  ): InstanceMemory | undefined {
    const { instanceBytes, basePid } = this.#options;
    if (!told || told.totalBytes <= instanceBytes) return told;
    const base = basePid();
    const shared = base === undefined ? 0 : residentBytesOf(statFields(base));
    const invocations = residentBytes().reduce((sum, bytes) => sum + Math.max(0, bytes - shared), 0);
    const held = process.memoryUsage.rss() + this.budget.heldBytes + invocations;
    return { totalBytes: instanceBytes, leftBytes: instanceBytes - held };
  }

  async #measure(): Promise<void> {
    const { basePid, reservedBytes, onRoom } = this.#options;
    const base = basePid();
    const zygotes = new Map(
      this.#loaded().flatMap(({ name, loaded }) => (loaded ? [[name, loaded] as const] : [])),
    );
    const sharedBytes = this.#shared.sweep();
    await this.budget.measure(base === undefined ? [] : [base], zygotes, { sharedBytes });
    this.#retire(this.#idle().filter(isUnused), reservedBytes()); // one that was loaded since may have taken what calls had been given
    onRoom();
  }

  /** Retires workers until the budget is of so many bytes; it is at once, though the processes take a moment to end. */
  #retire(workers: readonly Worker[], bytes: number): void {
    for (const worker of workers) {
      if (this.budget.bytes >= bytes) return;
      this.#options.log.info({
        message: `worker ${worker.name} is retired until it is called, as memory is short`,
        left: formatBytes(this.budget.bytes),
      });
      this.budget.forget(worker.name);
      worker.retire();
    }
  }

  #loaded(): Worker[] {
    return this.#options.workers().filter(({ loaded }) => loaded !== undefined);
  }

  /** Those that may be retired, the least recently used first. */
  #idle(): Worker[] {
    return this.#loaded()
      .filter(({ isIdle }) => isIdle)
      .toSorted((a, b) => a.usedAt - b.usedAt);
  }

  #bytesOf(workers: readonly Worker[]): number {
    return workers.reduce((sum, { name }) => sum + this.budget.zygoteBytesOf(name), 0);
  }
}

function isUnused({ usedAt }: Worker): boolean {
  return performance.now() - usedAt > latelyMs;
}
