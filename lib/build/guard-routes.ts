import { existsSync } from 'node:fs';

import type { Nitro, NitroModule } from 'nitro/types';

const suffix = '?guarded';

/**
 * Nitro module that wraps the default export of every route file in {@link guard}, at build: routes are loaded on
 * their first request, so nothing at run time could know a route's access before running it.
 */
export const guardRoutes: NitroModule = {
  name: 'guard-routes',
  setup(nitro) {
    nitro.hooks.hook('rollup:before', (_nitro, config) => {
      config.plugins = [guardPlugin(nitro), config.plugins];
    });
  },
};

function guardPlugin(nitro: Nitro) {
  const isRoute = (id: string) =>
    nitro.scannedHandlers.some(({ handler, middleware }) => handler === id && !middleware);
  return {
    name: 'guard-routes',
    resolveId: {
      order: 'pre' as const,
      handler: (id: string, importer?: string) =>
        importer !== undefined && !importer.endsWith(suffix) && isRoute(id) ? `${id}${suffix}` : null,
    },
    load: {
      order: 'pre' as const,
      handler: (id: string) => (id.endsWith(suffix) ? load(id.slice(0, -suffix.length)) : null),
    },
  };
}

/** A file that was just deleted is still a route until the next scan: it must not break the build of the others. */
function load(file: string) {
  return { code: existsSync(file) ? guarded(file) : deleted, moduleType: 'js' as const, map: null };
}

const deleted = `
import { HTTPError } from 'h3';

export default () => {
  throw new HTTPError({ status: 404 });
};
`;

function guarded(file: string): string {
  return `
import { toEventHandler } from 'h3';
import { guard } from '#lib/http';
import route from ${JSON.stringify(file)};

const handler = toEventHandler(route);
if (!handler) throw new TypeError(${JSON.stringify(`${file} has no handler as its default export`)});
const { access, scope, rateLimit, maxBodyBytes, uploads, description } = route;
export default guard(Object.assign(handler, { access, scope, rateLimit, maxBodyBytes, uploads, description }));
`;
}
