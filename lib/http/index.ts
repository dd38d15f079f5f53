import './context.ts';

export { type Access, checkKey, holdsKey } from './access.ts';
export {
  bodyTooLarge,
  contentLengthOf,
  isMultipart,
  limitDeclared,
  parseJson,
  readBytes,
  readJson,
  readJsonBytes,
  unreadBody,
} from './body.ts';
export { contentResponse } from './content-response.ts';
export { type RequestContext } from './context.ts';
export { continueWhenRead } from './continue.ts';
export { defineRoute } from './define-route.ts';
export { endOfRequest } from './end-of-request.ts';
export { guard, type GuardedRoute, type Route } from './guard.ts';
export { incomingPieces } from './incoming-pieces.ts';
export { inert } from './inert.ts';
export { nodeListener } from './node-listener.ts';
export { watchPace } from './pace.ts';
export { pathParams } from './path-params.ts';
export { streamedResponse } from './streamed-response.ts';
export { validate } from './validate.ts';
