import type { Answerer } from '../answers.ts';
import type { Caller, CallOutcome, CallUsage, Operation } from '../operation.ts';
import { BackendFailure } from '../transport/failure.ts';
import { estimatedInputTokens, type TokenUsage } from './tokens.ts';

/** What a call has come to, beside its outcome. */
interface Closing extends Partial<TokenUsage> {
  readonly answerer?: Answerer | undefined;
  readonly coalesced?: boolean;
  readonly cacheHits?: number;
  readonly error?: unknown;
}

/** Keeps count of one call, and tells it once, however the call ends. */
export class Account {
  readonly #operation: Operation;
  readonly #caller: Caller;
  readonly #tell: (usage: CallUsage) => void;
  readonly #startedAt = performance.now();
  #retries = 0;
  #closed = false;

  constructor(operation: Operation, caller: Caller, tell: (usage: CallUsage) => void) {
    this.#operation = operation;
    this.#caller = caller;
    this.#tell = tell;
  }

  /** To be called for each attempt after the first. */
  readonly retry = (): void => {
    this.#retries += 1;
  };

  /** An answer that another caller's equal call has brought has cost nothing. */
  close(
    outcome: CallOutcome,
    { answerer, coalesced = false, cacheHits = 0, error, inputTokens, outputTokens }: Closing = {},
  ): void {
    if (this.#closed) return;
    this.#closed = true;
    const isCounted = answerer !== undefined && !coalesced;
    const usage: CallUsage = {
      backend: answerer?.backend ?? (cacheHits > 0 ? 'cache' : failedBackend(error)),
      model: answerer?.model ?? this.#operation.model ?? '',
      operation: this.#operation.kind,
      caller: this.#caller.name,
      outcome,
      ...(error instanceof Error && { detail: error.message }),
      inputTokens: isCounted ? (inputTokens ?? estimatedInputTokens(this.#operation)) : 0,
      outputTokens: isCounted ? (outputTokens ?? 0) : 0,
      durationMs: performance.now() - this.#startedAt,
      retries: this.#retries,
      cacheHits,
      coalesced,
    };
    this.#caller.onUsage?.(usage);
    this.#tell(usage);
  }
}

/** The one that has said why there is no answer. */
function failedBackend(error: unknown): CallUsage['backend'] {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof BackendFailure ? cause.backend : 'none';
}
