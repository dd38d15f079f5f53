import type { BackendName } from '../operation.ts';

/**
 * Why a backend has not answered an attempt:
 *
 * - `unreachable`: nobody there, or the connection was lost before the answer began;
 * - `late`: nothing came in time;
 * - `refused`: it said so, with a status;
 * - `malformed`: what it said is not what it should have said.
 */
export type FailureKind = 'unreachable' | 'late' | 'refused' | 'malformed';

export interface Failure {
  readonly message: string;
  readonly kind: FailureKind;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** How long the backend asks to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An attempt that has failed. The message is the backend's own where it has said one. */
export class BackendFailure extends Error {
  override readonly name = 'BackendFailure';
  readonly backend: BackendName;
  readonly kind: FailureKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    backend: BackendName,
    message: string,
    { kind, status, retryAfterMs, cause }: Omit<Failure, 'message'>,
  ) {
    super(message, { cause });
    this.backend = backend;
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * Whether it may do to try again: too busy, still loading, or the connection was lost before an answer began, as it is
   * when the backend closes an idle one just then. Inference done twice costs twice, and changes nothing.
   */
  get isTransient(): boolean {
    return this.kind === 'unreachable' || this.status === 429 || this.status === 503;
  }

  /** Whether it tells of the backend's own state, not of what it was asked. */
  get isOfBackend(): boolean {
    if (this.kind !== 'refused') return true;
    return this.status !== undefined && this.status >= 500;
  }

  /** Whether the backend does not take the service's own token, or its credits are spent: nothing that a caller mends. */
  get isOfConfiguration(): boolean {
    return this.status === 401 || this.status === 402 || this.status === 403;
  }

  /** Whether it does not have the model, or the path. */
  get isMissing(): boolean {
    return this.status === 404 || this.status === 405 || this.status === 410;
  }
}
