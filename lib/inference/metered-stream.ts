import type { FirstEvent } from './answers.ts';
import type { Attempted } from './dispatch.ts';
import { problemOf, totalTimeout } from './failures.ts';
import type { CallOutcome, Json } from './operation.ts';
import type { TimeLimit } from './policy/time-limit.ts';
import { BackendFailure } from './transport/failure.ts';
import type { Account } from './usage/account.ts';
import type { TokenUsage } from './usage/tokens.ts';

interface MeteredOptions {
  readonly account: Account;
  /** Its end is the stream's, though nobody reads it. */
  readonly limit: TimeLimit;
}

/**
 * The events of an answer, each when it is asked for. However it ends, its slot is given back, its passage through the
 * circuit settled and its usage told: what has come is counted where the backend has not said it.
 */
export class MeteredStream implements AsyncIterableIterator<Json, undefined> {
  readonly #attempted: Attempted<FirstEvent>;
  readonly #options: MeteredOptions;
  #first: IteratorResult<Json, void> | undefined;
  #usage: TokenUsage | undefined;
  #events = 0;
  #isOver = false;

  constructor(attempted: Attempted<FirstEvent>, options: MeteredOptions) {
    this.#attempted = attempted;
    this.#options = options;
    this.#first = attempted.value.first;
    const { signal } = options.limit;
    if (signal.aborted) this.#cancel();
    else signal.addEventListener('abort', this.#cancel, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws {Problem} why there are no more events; the signal's reason when it has aborted. */
  async next(): Promise<IteratorResult<Json, undefined>> {
    for (;;) {
      const { done, value } = await this.#step();
      if (done || value === undefined) return { done: true, value: undefined };
      const event = this.#attempted.exchange.readEvent(value);
      if (event !== undefined) return { done: false, value: event };
    }
  }

  async return(): Promise<IteratorResult<Json, undefined>> {
    this.#cancel();
    return { done: true, value: undefined };
  }

  async #step(): Promise<IteratorResult<Json, void>> {
    const { events } = this.#attempted.value;
    try {
      const step = this.#first ?? (await events.next());
      this.#first = undefined;
      if (step.done) this.#end('ok');
      else this.#count(step.value);
      return step;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    const { limit } = this.#options;
    const failure = limit.isOver ? totalTimeout(this.#attempted.line.backend.name) : error;
    if (!limit.isOver && limit.signal.aborted) return failure; // its caller has left
    this.#end('failed', failure);
    return failure instanceof BackendFailure ? problemOf(failure) : failure;
  }

  #count(event: Json): void {
    this.#events += 1;
    this.#usage = this.#attempted.exchange.usage(event) ?? this.#usage;
  }

  readonly #cancel = (): void => {
    if (this.#isOver) return;
    if (this.#options.limit.isOver) this.#end('failed', totalTimeout(this.#attempted.line.backend.name));
    else this.#end('canceled');
    void this.#attempted.value.events.return();
  };

  #end(outcome: CallOutcome, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { line, exchange, passage, slot, headMs } = this.#attempted;
    const { account, limit } = this.#options;
    limit.signal.removeEventListener('abort', this.#cancel);
    limit[Symbol.dispose]();
    slot[Symbol.dispose]();
    if (outcome === 'ok') passage.succeed(headMs);
    else if (outcome === 'failed' && !limit.isOver) passage.fail();
    else passage.release(); // pieces came until its reader left, or took too long
    const answerer = { backend: line.backend.name, model: exchange.model };
    account.close(outcome, { answerer, error, outputTokens: this.#events, ...this.#usage }); // an event is a token, about
  }
}
