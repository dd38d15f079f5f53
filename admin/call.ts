/** How a call of a function went. */
export interface CallOutcome {
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly type: string;
  readonly body: Blob;
}

interface CallOptions {
  /** As JSON. */
  readonly input: string;
  /** Aborts to have the call ended: its process ends with the request. */
  readonly signal: AbortSignal;
}

/** Calls a function. @throws {TypeError} the service cannot be reached. @throws {DOMException} it was aborted. */
export async function call(name: string, { input, signal }: CallOptions): Promise<CallOutcome> {
  const startedAt = performance.now();
  const response = await fetch(`/api/workers/${name.split('.').map(encodeURIComponent).join('/')}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: input,
    signal,
  });
  const body = await response.blob();
  return {
    status: response.status,
    durationMs: performance.now() - startedAt,
    requestId: response.headers.get('x-request-id') ?? '',
    type: response.headers.get('content-type') ?? '',
    body,
  };
}
