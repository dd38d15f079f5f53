import type { InferenceUsage } from '#lib/records';

import type { Parts } from './parts.ts';
import type { ReturnedFile } from './returned-file.ts';
import type { StoredFiles } from './stored-files.ts';

/** One call of a Python function. */
export interface Call {
  readonly worker: string;
  readonly function: string;
  /** The arguments: a JSON object, as bytes. */
  readonly input: Uint8Array;
  /** Arguments beside them. The files are moved away once the call is admitted; until then they are the caller's. */
  readonly parts?: Parts;
  /** Where the keys that it gives for files are looked up, of a function that takes any; nowhere where that is nothing. */
  readonly files?: () => StoredFiles | undefined;
  /** What a function that asks for it is told of the request, where there is one. */
  readonly request?: () => RequestFacts;
  readonly requestId: string;
  /** Who makes it: callers take turns. */
  readonly caller?: string;
  /** Ends the call, and its processes, when it aborts; after that, closes a returned file that nobody reads. */
  readonly signal: AbortSignal;
}

/** A call of the one function of a file under `routes/`. */
export interface RouteCall extends Omit<Call, 'worker' | 'function'> {
  /** Its path from the root. */
  readonly route: string;
  readonly given?: GivenTexts;
}

/** What the engine makes of either. */
export type AnyCall = Call & Partial<Pick<RouteCall, 'route' | 'given'>>;

type Texts = readonly (readonly [name: string, text: string])[];

/** Arguments that are given as texts, beside `input`, in the order of the request. */
export interface GivenTexts {
  readonly path: Texts;
  readonly query: Texts;
  readonly form: Texts;
}

/** What a function's `Context` says of the request. */
export interface RequestFacts {
  /** By names in lower case, without the service's own key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: {
    readonly kind: string | null;
    readonly name: string | null;
    readonly claims: Readonly<Record<string, unknown>>;
    readonly address: string;
  };
  readonly method: string;
  readonly path: string;
}

/** What a function under `routes/` answers with, where it is more than a value as JSON. */
export interface FunctionResponse {
  readonly status: number;
  readonly headers: readonly [name: string, value: string][];
  readonly body: Buffer;
}

/** What a function returns: a value as JSON, a file, or, under `routes/` alone, a response. */
export type Output =
  | { readonly json: Buffer; readonly file?: never; readonly response?: never }
  | { readonly json?: never; readonly file: ReturnedFile; readonly response?: never }
  | { readonly json?: never; readonly file?: never; readonly response: FunctionResponse };

export type Answer = Output & {
  readonly invocationId: string;
  readonly queueMs: number;
  readonly runMs: number;
};

/** What one invocation may use of the service, until it is disposed of. */
export interface Grant extends Disposable {
  readonly environment: Readonly<Record<string, string>>;
  /** What it has used of inference so far, where that is anything. */
  readonly usage: InferenceUsage | undefined;
}

/** Whom a grant is for. */
export interface Grantee {
  readonly invocationId: string;
  readonly requestId: string;
  /** As `worker.function`. */
  readonly name: string;
}
