import type { ReadBody } from './body.ts';
import { errorReply } from './replies.ts';

/** How chat and completions refuse a body: 400 when it cannot be parsed, 422 when a field is wrong. */
export function refusedBody(read: Exclude<ReadBody<unknown>, { kind: 'read' }>): Response {
  return errorReply(read.kind === 'not-json' ? 400 : 422, {
    message: read.problem,
    type: 'invalid_request_error',
    param: read.kind === 'invalid' ? read.field : null,
    code: read.kind === 'not-json' ? 'invalid_json' : 'invalid_body',
  });
}
