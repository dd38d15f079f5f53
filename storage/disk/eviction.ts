import type { DatedBlob, FileIndex } from './file-index.ts';
import type { Lifetime } from './lifetime.ts';
import type { Claim, Room } from './room.ts';

interface EvictionOptions {
  readonly room: Room;
  readonly index: FileIndex;
  readonly lifetime: Lifetime;
  /** Removes a file, unless it has been replaced. */
  readonly drop: (dated: DatedBlob) => Promise<void>;
}

/** Files that are over, and go with a change that has room without that: it is not to wait for thousands. */
const mostDroppedByTheWay = 20;

/** Gives room to content, and drops the files for it that may be dropped: where their life is limited, the oldest first. */
export class Eviction {
  readonly #options: EvictionOptions;

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** @throws {Problem} `storage-full` */
  async claim(bytes: number): Promise<Claim> {
    await this.#dropSomeOver();
    for (;;) {
      const claim = await this.#options.room.claim(bytes);
      if (typeof claim !== 'number') return claim;
      await this.#dropOldest(bytes, claim);
    }
  }

  /**
   * Takes more for content of which more comes than was told. Nothing is dropped before it has all come: it may turn out to
   * be more than all could make room for.
   *
   * @throws {Problem} `storage-full`
   */
  grow(claim: Claim, bytes: number): void {
    const { room, lifetime } = this.#options;
    const before = claim.bytes;
    claim.resize(bytes);
    const lacking = lifetime.isLimited ? -room.leftForContent : room.overQuota;
    if (lacking <= 0) return;
    claim.resize(before); // nobody else is to suffer from what is refused
    throw room.full(bytes, lacking);
  }

  /** Drops what has to go for content that has all come. @throws {Problem} `storage-full` */
  async makeRoomFor(claim: Claim): Promise<void> {
    const { room, lifetime } = this.#options;
    while (lifetime.isLimited && room.overQuota > 0) await this.#dropOldest(claim.bytes, room.overQuota);
  }

  async #dropSomeOver(): Promise<void> {
    const { index, lifetime, drop } = this.#options;
    for (let dropped = 0; lifetime.isLimited && dropped < mostDroppedByTheWay; dropped += 1) {
      const oldest = index.oldest();
      if (!oldest || lifetime.has(oldest)) return;
      await drop(oldest);
    }
  }

  /** @throws {Problem} `storage-full`: no file may be dropped, or all of them would not do. */
  async #dropOldest(bytes: number, lacking: number): Promise<void> {
    const { room, index, lifetime, drop } = this.#options;
    const oldest = lifetime.isLimited ? index.oldest() : undefined;
    if (!oldest || lacking > index.bytes) throw room.full(bytes, lacking);
    await drop(oldest);
  }
}
