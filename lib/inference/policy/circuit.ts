interface CircuitOptions {
  /** Calls that fail, or are slow, one after the other, until it opens. */
  readonly threshold: number;
  /** From how long on a call is slow. */
  readonly slowMs: number;
  /** How long it stays open before one call may try. */
  readonly coolDownMs: number;
  readonly onChange: (state: CircuitState) => void;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

/** A call that has been let through; exactly one of these is to be said of it, and all after the first are ignored. */
export interface Passage {
  /** It has been answered, after so long. */
  succeed(durationMs: number): void;
  fail(): void;
  /** It tells nothing of the backend: its caller has gone, or the backend was only asked for too much. */
  release(): void;
}

/**
 * A circuit breaker. It opens when calls fail, or are slow, one after the other; while it is open nothing is sent. After
 * a while one call may try: it closes the circuit, or opens it again.
 *
 * Counted are calls, after their retries. The packages that there are settle a call with its promise; here a stream's
 * outcome is known long after its head, and a probe whose caller has gone must let the next one try.
 *
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #state: CircuitState = 'closed';
  #failures = 0;
  #openedAt = 0;
  #probing = false;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** How long until a call may try; 0 when one may now. */
  get opensInMs(): number {
    if (this.#state === 'closed') return 0;
    if (this.#probing) return this.#options.coolDownMs;
    return Math.max(0, this.#openedAt + this.#options.coolDownMs - performance.now());
  }

  /** Lets a call through; undefined where none may. */
  enter(): Passage | undefined {
    if (this.opensInMs > 0) return undefined;
    const isProbe = this.#state !== 'closed';
    if (isProbe) {
      this.#probing = true;
      this.#become('half-open');
    }
    return this.#passage(isProbe);
  }

  #passage(isProbe: boolean): Passage {
    let isOver = false;
    const once = (settle: () => void) => () => {
      if (isOver) return;
      isOver = true;
      if (isProbe) this.#probing = false;
      settle();
    };
    const fail = once(() => this.#fail(isProbe));
    const succeed = once(() => this.#succeed(isProbe));
    return {
      succeed: (durationMs) => (durationMs < this.#options.slowMs ? succeed() : fail()),
      fail,
      release: once(() => {}),
    };
  }

  #succeed(isProbe: boolean): void {
    if (!isProbe && this.#state !== 'closed') return; // it was let through before the circuit opened
    this.#failures = 0;
    this.#become('closed');
  }

  #fail(isProbe: boolean): void {
    if (!isProbe && this.#state !== 'closed') return;
    this.#failures += 1;
    if (!isProbe && this.#failures < this.#options.threshold) return;
    this.#openedAt = performance.now();
    this.#become('open');
  }

  #become(state: CircuitState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onChange(state);
  }
}
