/** Who waits, and since when, as `performance.now()` has it. */
export interface Waiting {
  readonly sender: string;
  readonly sinceMs: number;
}

/** What waits, by who has sent it: in each round every sender has a turn, so whoever sends much holds up another by one. */
export class FairQueue<Item extends Waiting> {
  /** Of each sender, the oldest first; the sender whose turn is next comes first. */
  readonly #lanes = new Map<string, Item[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(item: Item): void {
    const lane = this.#lanes.get(item.sender);
    if (lane) lane.push(item);
    else this.#lanes.set(item.sender, [item]);
    this.#length += 1;
  }

  /** Takes out the oldest of the sender whose turn it is; of one with more than `many`, the newest. */
  next(many: number): Item | undefined {
    const [turn] = this.#lanes;
    if (!turn) return undefined;
    const [sender, lane] = turn;
    this.#lanes.delete(sender);
    this.#lanes.set(sender, lane); // the last in turn
    return this.#take(lane, () => (lane.length > many ? lane.pop() : lane.shift()));
  }

  /** Takes out the oldest of the sender with the most; of several such senders, that of the one whose turn is first. */
  crowded(): Item | undefined {
    let longest: Item[] = [];
    for (const lane of this.#lanes.values()) if (lane.length > longest.length) longest = lane;
    return this.#take(longest, () => longest.shift());
  }

  /** Takes out all that wait since then or longer. */
  *since(ms: number): Generator<Item, void, undefined> {
    for (const lane of this.#lanes.values())
      for (let [oldest] = lane; oldest && oldest.sinceMs <= ms; [oldest] = lane) {
        this.#take(lane, () => lane.shift());
        yield oldest;
      }
  }

  #take(lane: Item[], take: () => Item | undefined): Item | undefined {
    const item = take();
    if (!item) return undefined;
    this.#length -= 1;
    if (lane.length === 0) this.#lanes.delete(item.sender);
    return item;
  }
}
