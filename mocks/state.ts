/** How long a model stays loaded. */
const loadedMs = 60_000;
/** Of the multiplicative generator of Park and Miller (1988). */
const multiplier = 48_271;
const modulus = 2_147_483_647;

/** What a mock remembers from one call to the next; another mock begins anew, and in the same way. */
export class MockState {
  readonly #loadingSince = new Map<number, number>();
  readonly #turns = new Map<string, boolean>();
  #seed = 20_260_101;

  /** Seconds until a model is there that takes so many to load, from the first call for it on. */
  loadingSecondsLeft(seconds: number): number {
    const now = performance.now();
    const since = this.#loadingSince.get(seconds);
    const isCold = since === undefined || now - since > seconds * 1000 + loadedMs;
    if (isCold) this.#loadingSince.set(seconds, now);
    return isCold ? seconds : Math.max(0, seconds - (now - since) / 1000);
  }

  /** True and false by turns, true first. */
  isTurn(name: string): boolean {
    const turn = !this.#turns.get(name);
    this.#turns.set(name, turn);
    return turn;
  }

  /** A coin that falls in the same order for each mock. */
  toss(): boolean {
    this.#seed = (this.#seed * multiplier) % modulus;
    return this.#seed / modulus < 0.5;
  }
}
