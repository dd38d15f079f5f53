import type { HTTPError, H3Event } from 'h3';
import { defineErrorHandler } from 'nitro';

import { codeOfStatus, Problem } from '#lib/problems';

import { count } from './guard.ts';
import { allowedMethods } from './methods.ts';
import { problemResponse } from './problem-response.ts';

/**
 * Turns whatever a request threw into problem details (RFC 9457), under `/v1` into OpenAI's errors; what nobody foresaw
 * is logged.
 */
export default defineErrorHandler(async (error, httpEvent) => {
  const event = httpEvent as H3Event;
  const { requestId, service } = event.context;
  const problem = await problemOf(error, event);
  if (problem.code === 'internal-error' && !event.req.signal.aborted)
    service.log.error({ message: `unhandled error: ${stackOf(error)}`, requestId });
  const { pathname: path } = event.url;
  return problemResponse(problem, { path, requestId, service });
});

async function problemOf(error: HTTPError, event: H3Event): Promise<Problem> {
  const original = isProblem(error) ? error : error.cause;
  if (isProblem(original)) return original;
  if (error.unhandled) return internal(error);
  if (error.status === 404 && event.context.matchedRoute === undefined) return missed(event);
  const code = codeOfStatus(error.status);
  return code ? new Problem(code, error.message) : internal(error);
}

/** By name: in development the route's bundle and the server have the class from different modules. */
function isProblem(error: unknown): error is Problem {
  return error instanceof Error && error.name === 'Problem';
}

/** A request for nothing that there is counts as any other. */
async function missed(event: H3Event): Promise<Problem> {
  try {
    await count(event, 1);
    return noRoute(event);
  } catch (error) {
    return error as Problem;
  }
}

function noRoute({ req, url }: H3Event): Problem {
  const allowed = allowedMethods(url.pathname);
  if (allowed.length === 0) return new Problem('not-found', `There is no route ${url.pathname}.`);
  const allow = allowed.join(', ');
  return new Problem('method-not-allowed', `${url.pathname} takes ${allow}, not ${req.method}.`, {
    headers: { allow },
  });
}

function internal(error: HTTPError): Problem {
  const detail = 'The server failed to answer; its log has the cause under this request id.';
  return new Problem('internal-error', detail, { traceback: stackOf(error), cause: error });
}

function stackOf({ cause, stack, message }: HTTPError): string {
  return (cause instanceof Error ? cause.stack : stack) ?? message;
}
