import { FastResponse } from 'srvx';

import type { ProblemCode } from './codes.ts';
import type { Problem } from './index.ts';

/** What clients of OpenAI's API look at to tell one error from another. */
interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/**
 * A problem in the form of OpenAI's errors.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
export function openAiError({ code, status, message, options }: Problem): OpenAiError {
  const [pointer] = options.errors ?? [];
  return {
    error: {
      message:
        options.errors?.map(({ pointer: at, detail }) => `${at || 'body'}: ${detail}`).join('; ') ?? message,
      type: status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error',
      param: pointer ? pointer.pointer.slice(1).replaceAll('/', '.') || null : null,
      code: codes[code] ?? code.replaceAll('-', '_'),
    },
  };
}

const codes: Partial<Record<ProblemCode, string>> = {
  unauthorized: 'invalid_api_key',
  'model-not-found': 'model_not_found',
  'rate-limited': 'rate_limit_exceeded',
};

/** Answers with a problem in that form. */
export function openAiErrorResponse(problem: Problem, requestId: string): Response {
  const { retryAfterSeconds, headers } = problem.options;
  return new FastResponse(JSON.stringify(openAiError(problem)), {
    status: problem.status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(requestId !== '' && { 'x-request-id': requestId }),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    },
  });
}
