import type { H3Event } from 'h3';

import { Problem } from '#lib/problems';

const version = '13';
/** Of 16 bytes in base64. */
const keyPattern = /^[+/0-9A-Za-z]{22}==$/;
const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Checks what a client says to open a WebSocket.
 *
 * @throws {Problem} `bad-request`, `upgrade-required` for another version of the protocol.
 * @see RFC 6455, 4.2.1
 */
export function checkHandshake({ req }: H3Event): void {
  const { headers, method } = req;
  if (method !== 'GET') throw malformed(`a WebSocket is opened by GET, not ${method}`);
  if (headers.get('sec-websocket-version') !== version)
    throw new Problem('upgrade-required', `The version of the WebSocket protocol is ${version} here.`, {
      headers: { 'sec-websocket-version': version },
    });
  if (!keyPattern.test(headers.get('sec-websocket-key') ?? ''))
    throw malformed('Sec-WebSocket-Key is missing or not of 16 bytes');
  const protocols =
    headers
      .get('sec-websocket-protocol')
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  if (!protocols.every((name) => tokenPattern.test(name)) || new Set(protocols).size < protocols.length)
    throw malformed('Sec-WebSocket-Protocol is no list of different names');
}

function malformed(why: string): Problem {
  return new Problem('bad-request', `This is no WebSocket handshake: ${why}.`);
}
