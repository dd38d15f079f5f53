import { STATUS_CODES } from 'node:http';

import { FastResponse } from 'srvx';

import { type ProblemCode, problemTypes } from './codes.ts';

/** One invalid field: a JSON pointer (RFC 6901) to it and what is wrong. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The JSON pointer (RFC 6901) to what these keys lead to. */
export function pointerTo(...keys: readonly PropertyKey[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  /** The limit that was hit, and what was used, as in `512MB` or `90s`. */
  readonly limit?: string;
  readonly used?: string;
  /** Of `http-error`, which has none of its own. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shown outside production only, and logged. */
  readonly traceback?: string;
  /** The line of code where it happened, as in `workers/score.py:12`; logged. */
  readonly source?: string;
  readonly cause?: unknown;
}

/**
 * An error that the caller is told of, as problem details (RFC 9457). The message becomes `detail`: it names the thing
 * and the value.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? problemTypes[code].status;
    this.options = options;
  }

  /** The same, with what `mask` makes of its texts: nobody knows what an error that was not foreseen has in them. */
  masked(mask: (text: string) => string): Problem {
    const { errors, traceback, ...others } = this.options;
    const detail = mask(this.message);
    if (detail === this.message && !errors && traceback === undefined) return this; // most: to make an error costs much
    return new Problem(this.code, detail, {
      ...others,
      ...(errors && {
        errors: errors.map((error) => ({ pointer: mask(error.pointer), detail: mask(error.detail) })),
      }),
      ...(traceback !== undefined && { traceback: mask(traceback) }),
    });
  }

  /** The problem as JSON; the traceback is told outside production only. */
  body({ requestId, production }: Telling): Readonly<Record<string, unknown>> {
    const { errors, limit, used, traceback } = this.options;
    return {
      type: `urn:heady-manager:problem:${this.code}`,
      title: (this.code === 'http-error' && STATUS_CODES[this.status]) || problemTypes[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      requestId,
      errors,
      limit,
      used,
      traceback: production ? undefined : traceback,
    };
  }

  /** The response that tells the caller. */
  toResponse(telling: Telling): Response {
    const { retryAfterSeconds, headers } = this.options;
    return new FastResponse(JSON.stringify(this.body(telling)), {
      status: this.status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
        ...headers,
      },
    });
  }
}

/** To whom a problem is told. */
interface Telling {
  readonly requestId: string;
  readonly production: boolean;
}

export { codeOfStatus, type ProblemCode, problemTypes } from './codes.ts';
export { errorsPage } from './document.ts';
export { openAiError, openAiErrorResponse } from './openai-error.ts';
