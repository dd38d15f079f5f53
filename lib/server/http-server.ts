import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

import { continueWhenRead, type FetchHandler } from '#lib/http';
import { Problem, type ProblemCode } from '#lib/problems';
import type { Service } from '#lib/service';

import { Answer, commonFields } from './answer.ts';
import { frontDoor } from './front-door.ts';
import { PacedWork } from './paced-work.ts';
import { closeAnswering, rawAnswer } from './raw-answer.ts';
import { endStalled } from './stalled.ts';
import { asksForWebSocket } from './web-sockets.ts';

/** Longer than any proxy's in front, which else sends a request on a connection just being closed: a 502. */
const keepAliveTimeout = 120_000;
/** Of a head, from its first byte, and the first one from the begin of its connection; between requests it does not run. */
const headersTimeout = 20_000;
/** Often, so that few are over time together. */
const connectionsCheckingInterval = 100;
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
    requireHostHeader: false, // a request without one is refused as all others are
    shouldUpgradeCallback: asksForWebSocket,
    ServerResponse: Answer,
  };
  const common = commonFields(service.config);
  const server = createServer(options, frontDoor(service, handler, common));
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  endStalled(server);
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('dropRequest', (_request, socket) => (socket as Socket).destroySoon()); // it was told of the last one
  const answers = new PacedWork();
  const answer = (socket: Socket, problem: Problem) => {
    socket.on('error', () => socket.destroy()); // after CONNECT, Node's own listener is gone
    answers.add(() => rawAnswer(socket, problem, { service, common }));
  };
  server.on('connect', (_request, socket) => answer(socket as Socket, noProxy()));
  server.on('clientError', (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket; // of an HTTP server it is one
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (!closeAnswering(socket)) answer(socket, refusal(error));
  });
  return server;
}

/** What is no HTTP request, or none that came in time. */
function refusal({ code, message }: NodeJS.ErrnoException): Problem {
  return new Problem(refusals[code ?? ''] ?? 'bad-request', `This is no HTTP request: ${message}.`);
}

/** By the codes of `node:http`. */
const refusals: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

function noProxy(): Problem {
  return new Problem('not-implemented', 'This server is no proxy: it makes no connections for others.');
}
