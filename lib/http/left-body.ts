import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is left of a body is read where it is no more: clients that send first and then read see the answer. */
const mostBytes = 8 * 1024 ** 2;
const mostMs = 10_000;

interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the connection had brought when the request began. */
  readonly bytesBefore: number;
}

/**
 * Bounds what is read of the body of a request that is answered before its end, which Node itself reads of any size and at any
 * pace to keep the connection. Called when there is an answer and none of it has been sent.
 */
export function leaveBody({ request, response, bytesBefore }: Answering): void {
  if (request.complete || request.destroyed || response.headersSent || !hasBody(request)) return;
  const readBytes = request.socket.bytesRead - bytesBefore;
  const leftBytes = Number(request.headers['content-length'] ?? 0) - readBytes;
  if (leftBytes > mostBytes) response.setHeader('connection', 'close');
  else response.prependOnceListener('finish', () => drop(request)); // ahead of Node, which drops without a bound
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** Reads a body to its end; the connection of one that does not end in time is closed. */
function drop(request: IncomingMessage): void {
  const { socket } = request;
  const late = setTimeout(() => socket.destroy(), mostMs).unref();
  let bytes = 0;
  request.read(0); // Node takes it as being read, and leaves it alone
  request.once('end', () => clearTimeout(late));
  request.on('data', ({ byteLength }: Buffer) => {
    bytes += byteLength;
    if (bytes > mostBytes) socket.destroy();
  });
  request.resume();
}
