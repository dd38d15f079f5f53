import { statfs } from 'node:fs/promises';

import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';

interface RoomOptions {
  /** On the disk whose room it is. */
  readonly directory: string;
  readonly quotaBytes: number;
  /** Of what is stored already. */
  readonly storedBytes: () => number;
}

/** What is being written, or is about to be: room that nobody else is given. Disposing of it gives it back. */
export interface Claim extends Disposable {
  readonly bytes: number;
  /** Takes more, where more has come than was told. */
  growTo(bytes: number): void;
}

/** What a store may take: its quota, and what its disk has. */
export class Room {
  readonly #options: RoomOptions;
  #claimedBytes = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  claim(bytes: number): Claim {
    const add = (more: number) => (this.#claimedBytes += more);
    let mine = bytes;
    add(mine);
    return {
      get bytes() {
        return mine;
      },
      growTo: (all) => {
        if (all <= mine) return;
        add(all - mine);
        mine = all;
      },
      [Symbol.dispose]: () => add(-mine),
    };
  }

  /** By how much all claims together are over the quota. */
  get overQuota(): number {
    const { quotaBytes, storedBytes } = this.#options;
    return storedBytes() + this.#claimedBytes - quotaBytes;
  }

  /** What is to be freed before all claims fit, and what is still to be written; nothing or less where they do. */
  async lacking(unwrittenBytes: number): Promise<number> {
    return Math.max(this.overQuota, unwrittenBytes - (await this.#diskFree()));
  }

  async full(claim: Claim): Promise<Problem> {
    const { quotaBytes, storedBytes } = this.#options;
    const free = Math.max(0, Math.min(claim.bytes - this.overQuota, await this.#diskFree()));
    return new Problem(
      'storage-full',
      `There is no room for a file of ${formatBytes(claim.bytes)}: ${formatBytes(free)} are free.`,
      { limit: formatBytes(quotaBytes), used: formatBytes(storedBytes()) },
    );
  }

  async #diskFree(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#options.directory);
    return bavail * bsize;
  }
}
