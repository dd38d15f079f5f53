import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { FastResponse } from 'srvx';

import { givenKey, requesterId } from '#lib/access';
import { Cors, type FetchHandler, problemResponse, type RequestContext, serveRequest } from '#lib/http';
import { requestMetrics } from '#lib/metrics';
import { Problem } from '#lib/problems';
import type { Service } from '#lib/service';

import type { Answer, CommonFields } from './answer.ts';
import { clientAddress } from './client-address.ts';
import { onRequestEnd } from './request-end.ts';
import { logRequest } from './request-log.ts';
import { isVital } from './vital-paths.ts';
import { refuseMalformed } from './well-formed.ts';

type Listener = (request: IncomingMessage, response: Answer) => void;

/** A request id of the caller's own is kept when it is one: short, printable, no spaces, and no key. */
const requestIdPattern = /^[\w.:/+=-]{1,128}$/;

/**
 * What every request meets before there is a route: its id and context, the fields of its answer, its line in the log,
 * what it can be refused for at once, and its turn when much is going on.
 */
export function frontDoor(service: Service, handler: FetchHandler, common: CommonFields): Listener {
  const { config, log, load } = service;
  const metrics = requestMetrics(service.metrics, load);
  const cors = new Cors(config.corsOrigins);
  const atOnce = (request: IncomingMessage, response: Answer, context: RequestContext) => {
    try {
      refuseMalformed(request);
      refuseAtOnce(request, context);
      return isPreflight(request) ? preflight(request, response, cors) : undefined;
    } catch (error) {
      return refusal(problemOf(error, context), context, request);
    }
  };
  return (request, response) => {
    const context = contextOf(request, response, service);
    response.common = common;
    response.add(['x-request-id', context.requestId], ...cors.fields(request.headers.origin));
    if (service.state === 'draining') response.setHeader('connection', 'close');
    const sender = requesterId(context);
    const address = context.principal ? undefined : sender;
    load.started(address);
    onRequestEnd(response, context, (ended) => {
      load.ended(address);
      logRequest(log, ended);
      metrics.ended(ended);
    });
    const serve = (served = handler) => serveRequest(served, { request, response }, context);
    const refuse = (problem: Problem) => serve(() => refusal(problem, context, request));
    const answer = atOnce(request, response, context);
    if (answer) serve(() => answer);
    else if (isVital(request.url)) serve();
    else load.take({ sender, address, isGone: () => response.closed, serve, refuse });
  };
}

function contextOf(request: IncomingMessage, answer: Answer, service: Service): RequestContext {
  const key = givenKey(request.headers);
  return {
    service,
    requestId: requestIdOf(request, service),
    client: clientAddress(request, service.config.trustedHops),
    principal: key === undefined ? undefined : service.keyring.find(key),
    isLate: service.closed,
    answer,
  };
}

function requestIdOf({ headers }: IncomingMessage, { redactor }: Service): string {
  const given = headers['x-request-id'];
  if (typeof given !== 'string' || !requestIdPattern.test(given) || redactor.finds(given))
    return randomUUID();
  return given;
}

/** @see https://fetch.spec.whatwg.org/#cors-preflight-request */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** @throws {Problem} `forbidden` */
function preflight({ headers }: IncomingMessage, answer: Answer, cors: Cors): Response {
  const { origin = '', 'access-control-request-headers': requested } = headers;
  if (!cors.allows(origin))
    throw new Problem(
      'forbidden',
      `Scripts from ${origin} may not call: HEADY_CORS_ORIGINS does not have it.`,
    );
  answer.add(...cors.preflightFields(requested));
  return new FastResponse(null, { status: 204 });
}

/** @throws {Problem} `rate-limited` */
function refuseAtOnce({ url, headers }: IncomingMessage, context: RequestContext): void {
  if (isVital(url)) return;
  if (context.principal ?? isAnonymous(headers)) context.service.rateLimit.refuseExhausted(context);
}

/** Whether nothing can come of it but a client's address: who has a token or a session is counted by that. */
function isAnonymous(headers: IncomingMessage['headers']): boolean {
  return headers.cookie === undefined && givenKey(headers) === undefined;
}

/** An error that nobody foresaw must not be one that nobody catches: that would end the service. */
function problemOf(error: unknown, { service, requestId }: RequestContext): Problem {
  if (error instanceof Problem) return error;
  service.log.error({ message: 'unhandled error at the front door', error, requestId });
  return new Problem(
    'internal-error',
    'The server failed to answer; its log has the cause under this request id.',
  );
}

function refusal(
  problem: Problem,
  { service, requestId }: RequestContext,
  { url = '' }: IncomingMessage,
): Response {
  return problemResponse(problem, { path: url, requestId, service });
}
