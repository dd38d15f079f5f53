import type { IncomingMessage } from 'node:http';

/**
 * The address of the client: each trusted proxy has added the address that it was called from to the right of
 * X-Forwarded-For, so with `hops` proxies the client is that many entries from the right. What stands further left is
 * whatever the client has sent.
 */
export function clientAddress(request: IncomingMessage, hops: number): string {
  const address = request.socket.remoteAddress ?? '';
  if (hops === 0) return address;
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  return withoutPort(forwarded.at(-hops)?.trim() ?? '') || address;
}

/** Some proxies add the port, which is another one each time: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  return entry.replace(/^([\d.]+):\d+$|^\[([\da-f:.]+)\](?::\d+)?$/i, '$1$2');
}
