import type { ReadBody } from './body.ts';
import { isProvoking } from './failures.ts';
import { findModel, isChatModel, withoutProvider } from './models.ts';
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

/** The 400 with which the router refuses a model that it has no provider for; undefined for one that it has. */
export function refusedModel(id: string): Response | undefined {
  const model = findModel(withoutProvider(id));
  if (isProvoking(id) || (model !== undefined && isChatModel(model))) return undefined;
  const message =
    model === undefined
      ? `The requested model '${id}' is not supported by any provider you have enabled.`
      : `The requested model '${id}' is not a chat model.`;
  return errorReply(400, {
    message,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_supported',
  });
}
