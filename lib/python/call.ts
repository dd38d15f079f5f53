/** One call of a Python function. */
export interface Call {
  readonly worker: string;
  readonly function: string;
  /** The arguments: a JSON object, as bytes. */
  readonly input: Uint8Array;
  readonly requestId: string;
  /** Ends the call, and its processes, when it aborts. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly invocationId: string;
  /** The returned value as JSON. */
  readonly json: Buffer;
  readonly queueMs: number;
  readonly runMs: number;
}

/** What one invocation may use of the service, until it is disposed of. */
export interface Grant extends Disposable {
  readonly environment: Readonly<Record<string, string>>;
}
