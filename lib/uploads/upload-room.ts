import type { FileStore, Reservation } from '#storage';

/** How long room is kept for bytes that do not come. */
const patienceMs = 600_000;

interface Content {
  readonly bytes: number;
  readonly presentBytes: number;
}

/**
 * Room for one upload: for all that it is to have, while bytes come; for those that it has, where none have come for ten
 * minutes. So nobody keeps the room of others by a promise alone.
 */
export class UploadRoom implements Disposable {
  readonly #store: FileStore;
  readonly #bytes: number;
  #presentBytes: number;
  #lastCameAt = Date.now();
  #reservation: Reservation;
  #isWhole = true;
  #isOver = false;

  private constructor(store: FileStore, { bytes, presentBytes }: Content, reservation: Reservation) {
    this.#store = store;
    this.#bytes = bytes;
    this.#presentBytes = presentBytes;
    this.#reservation = reservation;
  }

  /** @throws {Problem} `storage-full` */
  static async reserve(store: FileStore, bytes: number): Promise<UploadRoom> {
    return new UploadRoom(store, { bytes, presentBytes: 0 }, await store.reserve(bytes));
  }

  /** Room that was kept before a restart. */
  static async again(store: FileStore, content: Content): Promise<UploadRoom> {
    return new UploadRoom(store, content, await store.reserve(content.bytes, content));
  }

  /** Tells how many bytes there are by now. */
  holds(presentBytes: number): void {
    if (presentBytes > this.#presentBytes) this.#lastCameAt = Date.now();
    this.#presentBytes = presentBytes;
    this.#reservation.holds(presentBytes);
  }

  /** Gives up the room for what does not come. Nobody writes meanwhile. */
  async yieldIfIdle(): Promise<void> {
    if (this.#isOver || !this.#isWhole || Date.now() - this.#lastCameAt < patienceMs) return;
    this.#isWhole = false;
    await this.#replace(async () => this.#present());
  }

  /** Takes the room for all that is to come, where it was given up. @throws {Problem} `storage-full` */
  async take(): Promise<void> {
    if (this.#isOver || this.#isWhole) return;
    try {
      await this.#replace(async () => this.#store.reserve(this.#bytes));
      this.#reservation.holds(this.#presentBytes);
    } catch (error) {
      await this.#replace(async () => this.#present());
      throw error;
    }
    this.#isWhole = true;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#reservation[Symbol.dispose]();
  }

  async #replace(reserve: () => Promise<Reservation>): Promise<void> {
    this.#reservation[Symbol.dispose]();
    this.#reservation = await reserve();
    if (this.#isOver) this.#reservation[Symbol.dispose](); // it has been ended meanwhile
  }

  async #present(): Promise<Reservation> {
    return this.#store.reserve(this.#presentBytes, { presentBytes: this.#presentBytes });
  }
}
