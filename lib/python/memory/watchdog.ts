import type { Limits } from '../calls/limits.ts';
import type { Child } from '../processes/child.ts';
import { directoryUsage } from '../processes/temporary-directory.ts';
import { memoryOf, type OpenFiles, processTree, unlinkedFiles } from './process-tree.ts';

/** A limit that an invocation has hit, and what it used. */
export interface Breach {
  readonly limit: 'memory' | 'cpu' | 'disk' | 'processes';
  readonly used: number;
}

interface WatchOptions {
  readonly limits: Limits;
  /** What the process had used before the invocation. */
  readonly cpuBeforeMs: number;
  /** An idle child of the same zygote, where there is one: what it holds is not the invocation's own. */
  readonly idlePid: () => number | undefined;
  /** What the invocation's own files take of its directory that it has been given: they count towards no limit. */
  readonly givenBytes: number;
  readonly onBreach: (breach: Breach) => void;
}

/** Often enough to end an invocation within 100 ms of its breach. */
const intervalMs = 40;
/** Memory is measured in every so many passes as long as the cheap upper bound is below the limit. */
const passesPerMeasure = 5;

/** How many times as long as a walk over the temporary directory takes there is none: many files are not to cost all. */
const restsPerWalk = 4;

/**
 * Measures the process tree of one invocation until it is disposed of. Memory is the proportional set size of the
 * whole tree less an idle child's, both read in the same pass, as the end of a sibling moves both.
 */
export class Watchdog implements Disposable {
  readonly #child: Child;
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  #baselineBytes = 0;
  #peakMemoryBytes = 0;
  #passes = 0;
  #measuring = false;
  #walking = false;
  #walkAt = 0;

  constructor(child: Child, options: WatchOptions) {
    this.#child = child;
    this.#options = options;
    this.#timer = setInterval(() => this.#pass(), intervalMs);
  }

  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #pass(): void {
    const { limits, cpuBeforeMs } = this.#options;
    const { pids, tasks, cpuMs, residentBytes } = processTree(this.#child.pid);
    const open = unlinkedFiles(pids, this.#child.directory);
    this.#judge('processes', tasks, limits.processes);
    this.#judge('cpu', cpuMs - cpuBeforeMs, limits.cpuMs);
    const mayExceed = residentBytes + open.memoryBytes - this.#baselineBytes > limits.memoryBytes;
    if (mayExceed || this.#passes % passesPerMeasure === 0) void this.#measureMemory(pids, open);
    void this.#measureDisk(open);
    this.#passes += 1;
  }

  async #measureMemory(pids: readonly number[], open: OpenFiles): Promise<void> {
    if (this.#measuring) return; // a slow pass is not overtaken
    this.#measuring = true;
    const idle = this.#options.idlePid();
    const [own, baseline] = await Promise.all([memoryOf(pids), memoryOf(idle === undefined ? [] : [idle])]);
    if (idle !== undefined) this.#baselineBytes = baseline.privateBytes;
    const shared = Math.max(own.sharedBytes, open.memoryBytes); // what is open may be mapped as well
    const used = Math.max(0, own.privateBytes + shared - this.#baselineBytes);
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, used);
    this.#judge('memory', used, this.#options.limits.memoryBytes);
    this.#measuring = false;
  }

  async #measureDisk(open: OpenFiles): Promise<void> {
    if (this.#walking || performance.now() < this.#walkAt) return;
    this.#walking = true;
    const startedAt = performance.now();
    const { limits, givenBytes } = this.#options;
    const kept = await directoryUsage(this.#child.directory, limits.diskBytes + givenBytes);
    this.#judge('disk', Math.max(0, kept - givenBytes) + open.diskBytes, limits.diskBytes);
    this.#walking = false;
    this.#walkAt = performance.now() + (performance.now() - startedAt) * restsPerWalk;
  }

  #judge(limit: Breach['limit'], used: number, most: number): void {
    if (used > most) this.#options.onBreach({ limit, used });
  }
}
