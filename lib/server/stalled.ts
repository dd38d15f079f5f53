/* oxlint-disable no-underscore-dangle -- the name that Node gives to it */
import type { Server } from 'node:http';

import type { HttpSocket } from './connections.ts';

/** Longer than a line is away when a phone changes networks. */
const stalledMs = 60_000;

/**
 * Ends connections whose client takes nothing of what is sent to it for so long: what waits for it would be held as long as
 * it likes. One that reads slowly is left alone, and so is one whose answer is still being made.
 */
export function endStalled(server: Server, ms = stalledMs): void {
  server.setTimeout(ms, (socket: HttpSocket) => {
    const isIdle = !socket._httpMessage; // for as long as one is kept for its next request
    if (isIdle || socket.writableLength > 0) socket.destroy();
  });
}
