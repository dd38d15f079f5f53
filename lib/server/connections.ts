import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node leaves open when a server closes, though it would hold up a shutdown for its timeouts. */
export interface Connections {
  /** Ends connections on which no byte has come, and each of the others with the response that is on its way. */
  closeAfterUse(): void;
}

export function trackConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  const close = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
    else response.once('close', () => setImmediate(() => server.closeIdleConnections())); // it promised to be kept
  };
  return {
    closeAfterUse() {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      for (const response of responses) close(response);
    },
  };
}
