import { getHeapStatistics } from 'node:v8';

import { formatBytes } from '#lib/config';

import type { WorkerZygote } from '../workers/worker-zygote.ts';
import { memoryOf } from './process-tree.ts';

const megabyte = 1024 ** 2;
/** What Node holds outside its heap: its own code, buffers, threads. */
const nodeOverheadBytes = 44 * megabyte;
/** Kept free, for what nobody has counted. */
const reserveShare = 0.02;

/** What of a worker's zygote is measured. */
type Measurable = Pick<WorkerZygote, 'pids' | 'serving' | 'idlePid'>;

/** What the instance's memory is for: Node, the zygotes, a reserve, and the rest for invocations. */
export class MemoryBudget {
  readonly #instanceBytes: number;
  readonly #nodeBytes: number;
  readonly #reserveBytes: number;
  /** By worker, what a waiting child of it held when there was one last. */
  readonly #idleBytes = new Map<string, number>();
  #baseBytes = 0;
  #sharedBytes = 0;
  /** By worker. */
  #zygotes: ReadonlyMap<string, number> = new Map();

  constructor(instanceBytes: number, heapBytes = getHeapStatistics().heap_size_limit) {
    this.#instanceBytes = instanceBytes;
    this.#nodeBytes = Math.min(heapBytes, instanceBytes / 2) + nodeOverheadBytes;
    this.#reserveBytes = instanceBytes * reserveShare;
  }

  /** What the memory limits of the invocations at once may add up to. */
  get bytes(): number {
    return Math.max(0, this.mostBytes - this.#zygoteBytes - this.#sharedBytes);
  }

  /** The same with no worker loaded: no function can ever have more. */
  get mostBytes(): number {
    return Math.max(0, this.#instanceBytes - this.#nodeBytes - this.#baseBytes - this.#reserveBytes);
  }

  /** What the zygotes and /dev/shm hold. */
  get heldBytes(): number {
    return this.#baseBytes + this.#zygoteBytes + this.#sharedBytes;
  }

  /** What /dev/shm holds. */
  get sharedBytes(): number {
    return this.#sharedBytes;
  }

  /** What a worker's zygote and its waiting children hold. */
  zygoteBytesOf(worker: string): number {
    return this.#zygotes.get(worker) ?? 0;
  }

  /** Takes what the base zygote, those of workers with their waiting children, and /dev/shm hold by now. */
  async measure(
    base: readonly number[],
    zygotes: ReadonlyMap<string, Measurable>,
    { sharedBytes }: { readonly sharedBytes: number } = { sharedBytes: 0 },
  ): Promise<void> {
    const [ofBase, ...ofZygotes] = await Promise.all([
      heldBytes(base),
      ...zygotes
        .entries()
        .map(async ([name, zygote]) => [name, await this.#measureOne(name, zygote)] as const),
    ]);
    this.#baseBytes = ofBase;
    this.#sharedBytes = sharedBytes;
    this.#zygotes = new Map(ofZygotes);
  }

  /** Takes it that a worker's zygote is gone. */
  forget(worker: string): void {
    this.#zygotes = new Map([...this.#zygotes].filter(([name]) => name !== worker));
  }

  /** The sum, in words. */
  toString(): string {
    const parts = {
      node: this.#nodeBytes,
      'base zygote': this.#baseBytes,
      workers: this.#zygoteBytes + this.#sharedBytes,
      reserve: this.#reserveBytes,
    };
    const less = Object.entries(parts).map(([name, bytes]) => ` - ${formatBytes(rounded(bytes))} ${name}`);
    return `${formatBytes(rounded(this.#instanceBytes))} instance${less.join('')} = ${formatBytes(rounded(this.bytes))} for invocations`;
  }

  /** A child that serves counts as an idle one does, or did last: its limit is for what it takes beyond that. */
  async #measureOne(name: string, zygote: Measurable): Promise<number> {
    const idlePid = zygote.idlePid();
    if (idlePid !== undefined) this.#idleBytes.set(name, await heldBytes([idlePid]));
    return (await heldBytes(zygote.pids())) + zygote.serving * (this.#idleBytes.get(name) ?? 0);
  }

  get #zygoteBytes(): number {
    return this.#zygotes.values().reduce((sum, bytes) => sum + bytes, 0);
  }
}

async function heldBytes(pids: readonly number[]): Promise<number> {
  const { privateBytes, sharedBytes } = await memoryOf(pids);
  return privateBytes + sharedBytes;
}

function rounded(bytes: number): number {
  return Math.round(bytes / megabyte) * megabyte;
}
