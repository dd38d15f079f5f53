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
  /** Takes more, or gives some back. */
  resize(bytes: number): void;
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

  /** Takes room where there is that much. @returns what is to be freed before. */
  async claim(bytes: number): Promise<Claim | number> {
    const lacking = this.#lacking(bytes, await this.#diskFree()); // nothing is awaited between this and the next line
    return lacking > 0 ? lacking : this.hold(bytes);
  }

  /** Takes room that has been promised before. */
  hold(bytes: number): Claim {
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
      resize: (claimed) => set(claimed, mine.present),
      holds: (present) => void (isOver || set(mine.claimed, present)),
      [Symbol.dispose]: end,
    };
  }

  /** By how much all claims together, and what is stored, are over the quota. */
  get overQuota(): number {
    return this.#options.storedBytes() - this.leftForContent;
  }

  /** What the quota leaves for what is stored already, where all that is being written becomes files. */
  get leftForContent(): number {
    return this.#options.quotaBytes - this.#claimedBytes;
  }

  /** The problem of content of so many bytes, which take more than there is. */
  full(bytes: number, lacking: number): Problem {
    const { quotaBytes, storedBytes } = this.#options;
    const free = formatBytes(Math.max(0, bytes - lacking));
    return new Problem(
      'storage-full',
      `There is no room for a file of ${formatBytes(bytes)}: ${free} are free.`,
      {
        limit: formatBytes(quotaBytes),
        used: formatBytes(storedBytes()),
      },
    );
  }

  /** The problem of a write that the system has refused. */
  async refused(bytes: number): Promise<Problem> {
    return this.full(bytes, this.#lacking(0, await this.#diskFree()) + bytes);
  }

  #lacking(bytes: number, diskFree: number): number {
    return Math.max(this.overQuota + bytes, this.#unwrittenBytes + bytes - diskFree);
  }

  get #unwrittenBytes(): number {
    return this.#claimedBytes - this.#presentBytes;
  }

  async #diskFree(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#options.directory);
    return bavail * bsize;
  }
}
