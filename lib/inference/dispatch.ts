import { Problem } from '#lib/problems';

import type { Exchange } from './backends/backend.ts';
import { problemOf, totalTimeout, unserved } from './failures.ts';
import type { Line } from './lines.ts';
import type { Caller, Operation } from './operation.ts';
import type { Passage } from './policy/circuit.ts';
import { withRetries } from './policy/retry.ts';
import type { TimeLimit } from './policy/time-limit.ts';
import { busy, type Turns } from './policy/turns.ts';
import { BackendFailure } from './transport/failure.ts';

/** What an attempt has come to: the answer as its reader has it, and what goes on with it. */
export interface Attempted<T> {
  readonly value: T;
  readonly line: Line;
  readonly exchange: Exchange;
  readonly passage: Passage;
  readonly slot: Disposable;
  /** How long its head took. */
  readonly headMs: number;
}

/** How an answer is read; `signal` ends the work. */
export type Reader<T> = (
  response: Response,
  how: Pick<Attempted<T>, 'line' | 'exchange'> & { readonly signal: AbortSignal },
) => Promise<T>;

interface DispatchOptions<T> {
  readonly lines: readonly Line[];
  readonly turns: Turns;
  readonly caller: Caller;
  readonly limit: TimeLimit;
  readonly read: Reader<T>;
  readonly onRetry: () => void;
}

/** One that is busy is waited for so long while there is another one. */
const patienceBeforeNextMs = 2000;

/**
 * Asks the first backend that serves the operation and whose circuit is closed, with retries, and the next one where
 * that does not help. A slot is held by an attempt, not while it waits for the next one; that of the last is handed on
 * with the answer, and so is the passage through the circuit.
 *
 * @throws {Problem} why there is no answer; the signal's reason when it aborts.
 */
export async function dispatch<T>(operation: Operation, options: DispatchOptions<T>): Promise<Attempted<T>> {
  const failures: BackendFailure[] = [];
  let opensInMs = Infinity;
  const serving = options.lines.flatMap((line) => {
    const exchange = line.backend.exchange(operation);
    return exchange ? [{ line, exchange }] : [];
  });
  for (const { line, exchange } of serving) {
    const patienceMs = line === serving.at(-1)?.line ? Infinity : patienceBeforeNextMs;
    const passage = line.circuit.enter();
    if (!passage) {
      opensInMs = Math.min(opensInMs, line.circuit.opensInMs);
      continue;
    }
    try {
      const { signal, deadline } = options.limit;
      const retrying = { signal, deadline, patienceMs, onRetry: options.onRetry };
      return await withRetries(() => attempt({ line, exchange, passage }, options), retrying);
    } catch (error) {
      const isLate = options.limit.isOver && !(error instanceof Problem); // one tells of the queue
      const failure = isLate ? totalTimeout(line.backend.name) : (error as Error);
      settle(passage, failure);
      if (!(failure instanceof BackendFailure)) throw failure;
      if (failure.isMissing) line.backend.learn(operation, exchange.model);
      failures.push(failure);
      if (isOfRequest(failure)) break;
    }
  }
  // that another backend does not have the model says less than why the first did not answer
  const told =
    failures.find((failure) => !failure.isMissing) ?? (opensInMs < Infinity ? undefined : failures.at(-1));
  throw told ? problemOf(told) : unserved(operation, { opensInMs, isConfigured: options.lines.length > 0 });
}

async function attempt<T>(
  { line, exchange, passage }: Pick<Attempted<T>, 'line' | 'exchange' | 'passage'>,
  { turns, caller, limit, read }: DispatchOptions<T>,
): Promise<Attempted<T>> {
  const { signal } = limit;
  const slot = await turns.enter(caller.name, signal).catch((error: Error) => {
    throw limit.isOver ? busy('The time of the call was over before a place for it came free.') : error;
  });
  try {
    const startedAt = performance.now();
    const response = await line.transport.post(exchange.request, signal);
    const headMs = performance.now() - startedAt;
    const value = await read(response, { line, exchange, signal });
    return { value, line, exchange, passage, slot, headMs };
  } catch (error) {
    slot[Symbol.dispose]();
    throw error;
  }
}

function settle(passage: Passage, failure: Error): void {
  if (failure instanceof BackendFailure && failure.isOfBackend) passage.fail();
  else passage.release();
}

/** Whether any backend would say the same. */
function isOfRequest(failure: BackendFailure): boolean {
  return (
    failure.kind === 'refused' &&
    !failure.isOfBackend &&
    !failure.isOfConfiguration &&
    !failure.isMissing &&
    failure.status !== 429
  );
}
