/* oxlint-disable no-underscore-dangle -- the name that Node gives to it */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Longer than a line is away when a phone changes networks. */
const stalledMs = 60_000;

type WritingSocket = Socket & {
  readonly _handle?: { readonly bytesWritten: number; readonly writeQueueSize: number } | null;
};

/**
 * Ends connections whose client takes nothing of what is sent to it for so long: what waits for it would be held as long as
 * it likes. One that reads slowly is left alone, and so is one whose answer is still being made. Looked at now and then, as
 * `server.timeout` sets a timer at each request, and those had the garbage of all of them kept: a tenth of the CPU time.
 */
export function endStalled(server: Server, ms = stalledMs): void {
  const sockets = new Map<WritingSocket, number | undefined>();
  server.on('connection', (socket: WritingSocket) => {
    sockets.set(socket, undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  const check = () => {
    for (const [socket, before] of sockets) {
      const now = takenOf(socket);
      sockets.set(socket, now);
      if (now !== undefined && now === before) socket.destroy();
    }
  };
  setInterval(check, ms).unref();
}

/** What the kernel has taken, while there is more for it. */
function takenOf({ writableLength, _handle }: WritingSocket): number | undefined {
  return writableLength > 0 && _handle ? _handle.bytesWritten - _handle.writeQueueSize : undefined;
}
