import { openAiErrorResponse, type Problem } from '#lib/problems';
import type { Service } from '#lib/service';

interface Asked {
  /** Of the request, from its first slash. */
  readonly path: string;
  readonly requestId: string;
  readonly service: Service;
}

/**
 * A problem as an answer to a request: as problem details (RFC 9457), under `/v1` as OpenAI's errors. No secret that is in
 * force is in it, whoever has put it there.
 */
export function problemResponse(problem: Problem, { path, requestId, service }: Asked): Response {
  const { config, redactor } = service;
  const told = problem.masked((text) => redactor.mask(text));
  return path.startsWith('/v1/')
    ? openAiErrorResponse(told, requestId)
    : told.toResponse({ requestId, production: config.production });
}
