import { openAiErrorResponse, type Problem } from '#lib/problems';

interface Telling {
  /** Of the request, from its first slash. */
  readonly path: string;
  readonly requestId: string;
  readonly production: boolean;
}

/** A problem as an answer to a request: as problem details (RFC 9457), under `/v1` as OpenAI's errors. */
export function problemResponse(problem: Problem, { path, ...telling }: Telling): Response {
  return path.startsWith('/v1/')
    ? openAiErrorResponse(problem, telling.requestId)
    : problem.toResponse(telling);
}
