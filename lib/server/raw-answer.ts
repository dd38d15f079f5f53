import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { contentPolicy } from '#lib/http';
import type { Problem } from '#lib/problems';
import type { Service } from '#lib/service';

import type { CommonFields } from './answer.ts';
import type { HttpSocket } from './connections.ts';

/** A client that goes on sending, or never closes its side, is not waited for. */
const lingerMs = 2000;
const type = 'application/problem+json';

interface RawAnswerOptions {
  readonly common: CommonFields;
  readonly service: Service;
}

/** Answers on a connection that has brought no request which Node itself could answer, as any other is, and closes it. */
export function rawAnswer(socket: Socket, problem: Problem, { common, service }: RawAnswerOptions): void {
  const requestId = randomUUID();
  const body = JSON.stringify(problem.body({ requestId, production: true }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `date: ${new Date().toUTCString()}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n${common.lines(contentPolicy(type), [])}\r\n${body}`);
  const late = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(late));
  const told = { requestId, status: problem.status, reason: problem.message };
  service.log.line('info', 'no request', told);
}

/**
 * Closes a connection on which the head of an answer has been sent already, after that where it has ended: whatever else
 * is sent would be a part of it.
 *
 * @returns whether there is such an answer.
 */
export function closeAnswering(socket: HttpSocket): boolean {
  // oxlint-disable-next-line no-underscore-dangle -- the name that Node gives to it
  const answer = socket._httpMessage;
  if (!answer?.headersSent) return false;
  if (answer.writableEnded) socket.destroySoon();
  else socket.destroy();
  return true;
}
