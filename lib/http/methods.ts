import type { H3Core } from 'h3';
import { useNitroApp } from 'nitro/app';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Lets a HEAD request be answered by the GET route of its path, as RFC 9110, 9.3.2 has it. */
export function serveHeadByGet(): void {
  const app = router();
  const find = app['~findRoute'].bind(app);
  app['~findRoute'] = (event) =>
    find(event) ?? (event.req.method === 'HEAD' ? find(lookup('GET', event.url.pathname)) : undefined);
}

/** The methods that some route takes at this path, for `Allow` (RFC 9110, 15.5.6). */
export function allowedMethods(pathname: string): string[] {
  return methods.filter((method) => router()['~findRoute'](lookup(method, pathname)) !== undefined);
}

function router(): H3Core {
  const { h3 } = useNitroApp();
  if (!h3) throw new Error('the build has no routes');
  return h3;
}

/** What the router reads of an event. */
function lookup(method: string, pathname: string) {
  return { req: { method }, url: { pathname } } as Parameters<H3Core['~findRoute']>[0];
}
