import { getHeapStatistics } from 'node:v8';

import { formatBytes } from '#lib/config';

import { memoryOf } from './process-tree.ts';

const megabyte = 1024 ** 2;
/** What Node holds outside its heap: its own code, buffers, threads. */
const nodeOverheadBytes = 44 * megabyte;
/** Kept free, for what nobody has counted. */
const reserveShare = 0.02;

/** What the instance's memory is for: Node, the zygotes, a reserve, and the rest for invocations. */
export class MemoryBudget {
  readonly #instanceBytes: number;
  readonly #nodeBytes: number;
  readonly #reserveBytes: number;
  #baseBytes = 0;
  #zygoteBytes = 0;

  constructor(instanceBytes: number, heapBytes = getHeapStatistics().heap_size_limit) {
    this.#instanceBytes = instanceBytes;
    this.#nodeBytes = Math.min(heapBytes, instanceBytes / 2) + nodeOverheadBytes;
    this.#reserveBytes = instanceBytes * reserveShare;
  }

  /** What the memory limits of the invocations at once may add up to. */
  get bytes(): number {
    return Math.max(0, this.mostBytes - this.#zygoteBytes);
  }

  /** The same with no worker loaded: no function can ever have more. */
  get mostBytes(): number {
    return this.#instanceBytes - this.#nodeBytes - this.#baseBytes - this.#reserveBytes;
  }

  /** Takes what the base zygote, those of workers with their waiting children, and /dev/shm hold by now. */
  async measure(
    base: readonly number[],
    zygotes: readonly number[],
    { sharedBytes }: { readonly sharedBytes: number } = { sharedBytes: 0 },
  ): Promise<void> {
    const [ofBase, ofZygotes] = await Promise.all([memoryOf(base), memoryOf(zygotes)]);
    this.#baseBytes = ofBase.privateBytes + ofBase.sharedBytes;
    this.#zygoteBytes = ofZygotes.privateBytes + ofZygotes.sharedBytes + sharedBytes;
  }

  /** The sum, in words. */
  toString(): string {
    const parts = {
      node: this.#nodeBytes,
      'base zygote': this.#baseBytes,
      workers: this.#zygoteBytes,
      reserve: this.#reserveBytes,
    };
    const less = Object.entries(parts).map(([name, bytes]) => ` - ${formatBytes(rounded(bytes))} ${name}`);
    return `${formatBytes(rounded(this.#instanceBytes))} instance${less.join('')} = ${formatBytes(rounded(this.bytes))} for invocations`;
  }
}

function rounded(bytes: number): number {
  return Math.round(bytes / megabyte) * megabyte;
}
