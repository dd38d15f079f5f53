import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node leaves open when a server closes, though it would hold up a shutdown for its timeouts. */
export interface Connections {
  /** Has each response that is still to begin say that its connection is closed after it. */
  announceClose(): void;
  /**
   * Ends connections on which no byte has come, each of the others with the response that is on its way, and a moment later
   * those on which there is none.
   */
  closeAfterUse(): void;
}

/** Who has sent a part of a head by then, and no more, does not keep the service from ending. */
const headMs = 1000;

export function trackConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  function forget(this: ServerResponse): void {
    responses.delete(this);
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    responses.add(response);
    response.on('close', forget);
  });
  const closeIdle = () => setImmediate(() => server.closeIdleConnections());
  const announceClose = () => {
    for (const response of responses) if (!response.headersSent) response.setHeader('connection', 'close');
  };
  const closeUnasked = () => {
    const asked = new Set([...responses].map(({ req }) => req.socket));
    for (const socket of sockets) if (!asked.has(socket)) socket.destroy();
  };
  return {
    announceClose,
    closeAfterUse() {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      for (const response of responses) if (response.headersSent) response.once('close', closeIdle); // it promised to be kept
      announceClose();
      setTimeout(closeUnasked, headMs).unref();
    },
  };
}
