import { randomBytes } from 'node:crypto';

interface ReplyInit {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The error object of chat and completions. The tasks and the Hub send a bare string instead. */
export interface ErrorObject {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A JSON answer, marked as coming from the mock. */
export function jsonReply(body: unknown, init: ReplyInit = {}): Response {
  return new Response(JSON.stringify(body), {
    status: init.status ?? 200,
    headers: { 'content-type': 'application/json', ...marks(), ...init.headers },
  });
}

/** `{"error": …}`: a string where the service sends one, an object where chat does. */
export function errorReply(
  status: number,
  error: string | ErrorObject,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return jsonReply({ error }, { status, headers });
}

/** A 422 in the shape of the task services. */
export function invalidInput(problem: string): Response {
  return jsonReply(
    { error: `Input validation error: ${problem}`, error_type: 'validation' },
    { status: 422 },
  );
}

/** A body of other form than one JSON value, marked as coming from the mock. */
export function rawReply(body: BodyInit, contentType: string): Response {
  return new Response(body, {
    headers: { 'content-type': contentType, 'cache-control': 'no-cache', ...marks() },
  });
}

/**
 * On every answer: that no real model gave it, and an id in the service's own form
 * (`Root=1-<seconds>-<96 bits>`), the one thing that differs between two equal requests.
 */
function marks(): Record<string, string> {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return {
    'x-inference-backend': 'mock',
    'x-request-id': `Root=1-${seconds}-${randomBytes(12).toString('hex')}`,
  };
}
