/* oxlint-disable no-underscore-dangle -- the name that Node's streams give to it */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Tells a client that waits with its body to send it, when somebody begins to read it: whoever is refused before has sent
 * none (RFC 9110, 10.1.1). Node closes the connection of one that was not told.
 */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (bytes) => {
    request._read = read;
    if (!response.headersSent) response.writeContinue();
    read(bytes);
  };
}
