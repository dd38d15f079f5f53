import './context.ts';

export { type Access, mayUse, refuseKey, requireScope, type RouteAccess, type Visitor } from './access.ts';
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
export { type RequestContext, type Upgrade } from './context.ts';
export { continueWhenRead } from './continue.ts';
export { Cors } from './cors.ts';
export { defineRoute } from './define-route.ts';
export { endlessEvents, type ServerEvent } from './endless-events.ts';
export { endOfRequest } from './end-of-request.ts';
export { guard, type GuardedRoute, type Route } from './guard.ts';
export { orHeartbeat } from './heartbeat.ts';
export { incomingPieces } from './incoming-pieces.ts';
export { inert } from './inert.ts';
export { watchPace } from './pace.ts';
export { pathParams } from './path-params.ts';
export { problemResponse } from './problem-response.ts';
export { contentPolicy, type Field, securityFields } from './security-headers.ts';
export { type FetchHandler, nodeListener, serveRequest } from './serve-request.ts';
export { streamedResponse } from './streamed-response.ts';
export { validate } from './validate.ts';
