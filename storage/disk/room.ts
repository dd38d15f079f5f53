import { statfs } from 'node:fs/promises';

import { formatBytes } from '#lib/config';
import { Problem } from '#lib/problems';

import type { Reservation } from '../store.ts';

interface RoomOptions {
  /** On the disk whose room it is. */
  readonly directory: string;
  readonly quotaBytes: number;
  /** Of what is stored already. */
  readonly storedBytes: () => number;
}

/** Room for content that is being written, or is about to be: nobody else is given it. */
export interface Claim extends Reservation {
  readonly bytes: number;
  /** Takes more, where more has come than was told. */
  growTo(bytes: number): void;
}

/** What a store may take: its quota, and what its disk has. */
export class Room {
  readonly #options: RoomOptions;
  #claimedBytes = 0;
  /** Of what is claimed, what lies on the disk already. */
  #presentBytes = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  claim(bytes: number): Claim {
    const mine = { claimed: 0, present: 0 };
    const set = (claimed: number, present: number) => {
      this.#claimedBytes += claimed - mine.claimed;
      this.#presentBytes += present - mine.present;
      Object.assign(mine, { claimed, present });
    };
    let isOver = false;
    const end = () => {
      isOver = true;
      set(0, 0);
    };
    set(bytes, 0);
    return {
      get bytes() {
        return mine.claimed;
      },
      growTo: (claimed) => set(claimed, mine.present),
      holds: (present) => void (isOver || set(mine.claimed, present)),
      [Symbol.dispose]: end,
    };
  }

  /** By how much all claims together are over the quota. */
  get overQuota(): number {
    const { quotaBytes, storedBytes } = this.#options;
    return storedBytes() + this.#claimedBytes - quotaBytes;
  }

  /** What is to be freed before all claims fit; nothing or less where they do. */
  async lacking(): Promise<number> {
    return Math.max(this.overQuota, this.#unwrittenBytes - (await this.#diskFree()));
  }

  /** The problem of content of so many bytes that has a claim. */
  async full(bytes: number): Promise<Problem> {
    const { quotaBytes, storedBytes } = this.#options;
    const lacking = await this.lacking();
    return new Problem(
      'storage-full',
      `There is no room for a file of ${formatBytes(bytes)}: ${formatBytes(Math.max(0, bytes - lacking))} are free.`,
      { limit: formatBytes(quotaBytes), used: formatBytes(storedBytes()) },
    );
  }

  get #unwrittenBytes(): number {
    return this.#claimedBytes - this.#presentBytes;
  }

  async #diskFree(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#options.directory);
    return bavail * bsize;
  }
}

/** Whether the system says that the disk, or what its user may have of it, is full. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}
