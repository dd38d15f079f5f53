import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import type { ServerRequest } from 'srvx';

import { continueWhenRead, nodeListener, type RequestContext } from '#lib/http';
import { requestMetrics } from '#lib/metrics';
import { Problem, type ProblemCode } from '#lib/problems';
import type { Service } from '#lib/service';

import { clientAddress } from './client-address.ts';
import { onRequestEnd } from './request-end.ts';
import { logRequest } from './request-log.ts';

export type Handler = (request: ServerRequest) => Response | Promise<Response>;

/** Longer than any proxy's in front, which else sends a request on a connection just being closed: a 502. */
const keepAliveTimeout = 120_000;
const headersTimeout = keepAliveTimeout + 5000;
/** Of a whole request: an upload of a gigabyte over a slow line takes longer than Node's five minutes. */
const requestTimeout = 60 * 60_000;

/** A request id of the caller's own is kept when it is one: short, printable, no spaces. */
const requestIdPattern = /^[\w.:/+=-]{1,128}$/;

/** The HTTP server: gives each request its id and its context, then to the handler; logs and counts it at its end. */
export function createHttpServer(service: Service, handler: Handler): Server {
  const metrics = requestMetrics(service.metrics);
  const listener = nodeListener(handler, (request, response) => {
    const client = clientAddress(request, service.config.trustedHops);
    const context: RequestContext = { service, requestId: requestIdOf(request), client };
    response.setHeader('x-request-id', context.requestId);
    if (service.state === 'draining') response.setHeader('connection', 'close');
    metrics.started();
    onRequestEnd(response, context, (ended) => {
      logRequest(service.log, ended);
      metrics.ended(ended);
    });
    return context;
  });
  const server = createServer({ keepAliveTimeout, headersTimeout, requestTimeout }, listener);
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response);
    server.emit('request', request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error, socket));
  return server;
}

/** Answers what is no HTTP request, or none that came in time; to a peer that is gone there is nothing to say. */
function refuse({ code, message }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const requestId = randomUUID();
  const problem = new Problem(refusals[code ?? ''] ?? 'bad-request', `This is no HTTP request: ${message}.`);
  const body = JSON.stringify(problem.body({ requestId, production: true }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** By the codes of `node:http`. */
const refusals: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}
