import { randomUUID } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { continueWhenRead, type FetchHandler } from '#lib/http';
import { Problem, type ProblemCode } from '#lib/problems';
import type { Service } from '#lib/service';

import { Answer } from './answer.ts';
import { frontDoor } from './front-door.ts';
import { asksForWebSocket } from './web-sockets.ts';

/** Longer than any proxy's in front, which else sends a request on a connection just being closed: a 502. */
const keepAliveTimeout = 120_000;
/** Of a head, from its first byte; a connection that waits for its next request is not meant. */
const headersTimeout = 20_000;
const connectionsCheckingInterval = 5000;
/** Of a whole request: an upload of a gigabyte over a slow line takes longer than Node's five minutes. */
const requestTimeout = 60 * 60_000;
/** Then a connection is closed, with the answer saying so: connections, and what they hold, do not live for ever. */
const maxRequestsPerSocket = 10_000;

/** The HTTP server: each request goes through the front door to the handler. */
export function createHttpServer(service: Service, handler: FetchHandler): Server {
  const options = {
    keepAliveTimeout,
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval,
    shouldUpgradeCallback: asksForWebSocket,
    ServerResponse: Answer,
  };
  const server = createServer(options, frontDoor(service, handler));
  server.maxRequestsPerSocket = maxRequestsPerSocket;
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
