import type { H3Event } from 'h3';

/** Where a browser takes plain http for secure, though not all of them take cookies there that ask for more. */
const thisMachine: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** `__Host-` has the browser refuse one that another host has set, or that came without TLS (RFC 6265bis, 4.1.3.2). */
export function cookieName(event: H3Event): string {
  return isOnThisMachine(event) ? 'heady_session' : '__Host-heady_session';
}

/** No script reads it, and no other site has it sent. */
export function cookieAttributes(event: H3Event) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: !isOnThisMachine(event) } as const;
}

function isOnThisMachine({ url }: H3Event): boolean {
  return url.protocol === 'http:' && thisMachine.has(url.hostname);
}
