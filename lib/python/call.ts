import type { Parts } from './parts.ts';
import type { ReturnedFile } from './returned-file.ts';

/** One call of a Python function. */
export interface Call {
  readonly worker: string;
  readonly function: string;
  /** The arguments: a JSON object, as bytes. */
  readonly input: Uint8Array;
  /** Arguments beside them. The files are moved away once the call is admitted; until then they are the caller's. */
  readonly parts?: Parts;
  readonly requestId: string;
  /** Ends the call, and its processes, when it aborts. */
  readonly signal: AbortSignal;
}

/** What a function returns: a value as JSON, or a file. */
export type Output =
  | { readonly json: Buffer; readonly file?: never }
  | { readonly json?: never; readonly file: ReturnedFile };

export type Answer = Output & {
  readonly invocationId: string;
  readonly queueMs: number;
  readonly runMs: number;
};

/** What one invocation may use of the service, until it is disposed of. */
export interface Grant extends Disposable {
  readonly environment: Readonly<Record<string, string>>;
}
