/* oxlint-disable no-underscore-dangle -- the name that Node gives to it */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection, with the response that is on its way. */
export type HttpSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

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
/** How often connections are looked for that have become idle. */
const idleMs = 50;

export function trackConnections(server: Server): Connections {
  const sockets = new Set<HttpSocket>();
  const responses = () => [...sockets].flatMap(({ _httpMessage: response }) => response ?? []);
  server.on('connection', (socket: HttpSocket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const announceClose = () => {
    for (const response of responses()) if (!response.headersSent) response.setHeader('connection', 'close');
  };
  const closeUnasked = () => {
    for (const socket of sockets) if (!socket._httpMessage) socket.destroy();
  };
  return {
    announceClose,
    closeAfterUse() {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      const idle = setInterval(() => server.closeIdleConnections(), idleMs).unref(); // of answers that promised to keep them
      server.once('close', () => clearInterval(idle));
      announceClose();
      setTimeout(closeUnasked, headMs).unref();
    },
  };
}
