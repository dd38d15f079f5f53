import type { Verdict } from '../calls/serving.ts';
import type { Child } from './child.ts';

/** What a call has used, as far as it is known. */
export interface Usage {
  readonly cpuMs?: number;
  readonly minorFaults?: number;
}

/** A child that is the caller's for one call. */
export interface Lease {
  readonly child: Child;
  /** CPU time that its process had used before. */
  readonly cpuBeforeMs: number;
  /**
   * Gives it back, with how the call ended: it is ended, or kept for the next one. Resolved when nothing of the call is
   * left: its processes are gone, and all that they have written is handed on.
   */
  finish(verdict: Verdict): Promise<Usage>;
}

/** Children of one profile. */
export interface Pool {
  /** Those that wait. */
  readonly idlePids: readonly number[];
  /** One that waits and has never served: what it holds is no invocation's. */
  readonly baselinePid: number | undefined;
  /**
   * A ready child, for a call that may clean up for so long when it is canceled or its time is over.
   *
   * @throws {ZygoteGone} the pool is closed.
   * @throws {WorkerFailure} a child says why it cannot serve.
   */
  take(graceMs: number): Promise<Lease>;
  /** Ends the children that wait; those that serve end with their calls. */
  close(): void;
}

/** The pool was closed before a child was ready: nothing was started, the call may go to the next one. */
export class ZygoteGone extends Error {
  override readonly name = 'ZygoteGone';
}
