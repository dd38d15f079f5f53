import { hash } from 'node:crypto';

import { type Answer, type Answerer, readFirst, readWhole, type StreamedAnswer } from './answers.ts';
import { dispatch, type Reader } from './dispatch.ts';
import type { Line } from './lines.ts';
import { MeteredStream } from './metered-stream.ts';
import { type Caller, type CallUsage, isBytes, type Operation } from './operation.ts';
import { Coalescing } from './policy/coalescing.ts';
import { TimeLimit } from './policy/time-limit.ts';
import type { Turns } from './policy/turns.ts';
import { Account } from './usage/account.ts';
import type { DailyBudget } from './usage/daily-budget.ts';
import { estimatedInputTokens, estimatedTokens, type TokenUsage } from './usage/tokens.ts';

interface InferenceOptions {
  /** In the order in which they are asked. */
  readonly lines: readonly Line[];
  readonly turns: Turns;
  readonly budget: DailyBudget;
  /** The time for a call, retries and waiting included. */
  readonly totalMs: number;
  /** Told of each call when it has ended. */
  readonly observe: (usage: CallUsage, caller: Caller) => void;
}

interface Dispatching<T> {
  readonly caller: Caller;
  readonly limit: TimeLimit;
  readonly account: Account;
  readonly read: Reader<T>;
}

/**
 * Inference, for every caller by the same rules: the backends in their order, each behind a circuit breaker; a queue in
 * which callers take turns; retries where they are safe; equal calls without sampling done once; usage counted.
 */
export class Inference {
  readonly #options: InferenceOptions;
  readonly #coalescing = new Coalescing<Answer>();

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /**
   * A whole answer.
   *
   * @throws {Problem} `inference-unavailable`, `inference-busy`, `rate-limited`, `model-not-found`, `invalid-input`
   */
  async answer(operation: Operation, caller: Caller): Promise<Answer> {
    this.#options.budget.check();
    const account = this.#open(operation, caller);
    const work = async (signal: AbortSignal) => this.#whole(operation, { ...caller, signal }, account);
    try {
      const { value, coalesced } = isRepeatable(operation)
        ? await this.#coalescing.do(keyOf(operation), caller.signal, work)
        : { value: await work(caller.signal), coalesced: false };
      account.close('ok', { answerer: value, coalesced, ...value.usage });
      return value;
    } catch (error) {
      account.close(outcomeOf(error, caller), { error });
      throw error;
    }
  }

  /** An answer that comes in pieces, once its first has come. @throws as {@link Inference.answer}. */
  async stream(operation: Operation, caller: Caller): Promise<StreamedAnswer> {
    this.#options.budget.check();
    const account = this.#open(operation, caller);
    const limit = new TimeLimit(this.#options.totalMs, caller.signal);
    try {
      const attempted = await this.#dispatch(operation, { caller, limit, account, read: readFirst });
      const events = new MeteredStream(attempted, { account, limit });
      return { backend: attempted.line.backend.name, model: attempted.exchange.model, events };
    } catch (error) {
      limit[Symbol.dispose]();
      account.close(outcomeOf(error, caller), { error });
      throw error;
    }
  }

  /** Who would be asked first; undefined where nobody serves the operation. */
  answererOf(operation: Operation): Answerer | undefined {
    for (const { backend, circuit } of this.#options.lines) {
      const exchange = circuit.opensInMs > 0 ? undefined : backend.exchange(operation);
      if (exchange) return { backend: backend.name, model: exchange.model };
    }
    return undefined;
  }

  /** Has texts counted whose vectors were in the cache. */
  tellCacheHits({ model, hits }: { readonly model: string; readonly hits: number }, caller: Caller): void {
    const operation = {
      kind: 'embedding',
      model,
      stream: false,
      texts: [],
      normalize: false,
      dimensions: undefined,
    } as const;
    this.#open(operation, caller).close('ok', { cacheHits: hits });
  }

  async #whole(operation: Operation, caller: Caller, account: Account): Promise<Answer> {
    using limit = new TimeLimit(this.#options.totalMs, caller.signal);
    const { value, line, exchange, ...held } = await this.#dispatch(operation, {
      caller,
      limit,
      account,
      read: readWhole,
    });
    held.slot[Symbol.dispose]();
    held.passage.succeed(writes(operation) ? 0 : held.headMs); // the head of a text comes when all is written
    const answerer = { backend: line.backend.name, model: exchange.model };
    if ('bytes' in value) return { ...answerer, body: value, usage: estimated(operation, '') };
    const usage = exchange.usage(value.said) ?? estimated(operation, value.json);
    return { ...answerer, body: { json: value.json }, usage };
  }

  async #dispatch<T>(operation: Operation, { account, ...how }: Dispatching<T>) {
    const { lines, turns } = this.#options;
    return dispatch(operation, { ...how, lines, turns, onRetry: account.retry });
  }

  #open(operation: Operation, caller: Caller): Account {
    return new Account(operation, caller, (usage) => this.#options.observe(usage, caller));
  }
}

/** Where the backend counts none. Vectors are no tokens. */
function estimated(operation: Operation, said: unknown): TokenUsage {
  const outputTokens = operation.kind === 'embedding' ? 0 : estimatedTokens(said);
  return { inputTokens: estimatedInputTokens(operation), outputTokens };
}

function outcomeOf(error: unknown, { signal }: Caller) {
  if (signal.aborted) return 'canceled';
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status < 500 ? 'refused' : 'failed';
}

function writes({ kind }: Operation): boolean {
  return kind === 'chat' || kind === 'completion';
}

/** Whether equal calls get equal answers: nothing is sampled. */
function isRepeatable(operation: Operation): boolean {
  if (operation.stream) return false;
  if (operation.kind === 'embedding') return true;
  if (operation.kind !== 'task') return operation.fields.temperature === 0 && (operation.fields.n ?? 1) === 1;
  const { task, body } = operation;
  return (
    !isBytes(body) &&
    task !== undefined &&
    exact.has(task) &&
    !/"(?:do_sample|temperature)"/.test(JSON.stringify(body))
  );
}

/** Tasks whose models give one answer unless they are told to sample. */
const exact: ReadonlySet<string> = new Set([
  'feature-extraction',
  'fill-mask',
  'question-answering',
  'sentence-similarity',
  'summarization',
  'table-question-answering',
  'text-classification',
  'token-classification',
  'translation',
  'zero-shot-classification',
]);

function keyOf(operation: Operation): string {
  return hash('sha256', JSON.stringify(operation), 'base64');
}
