import { existsSync } from 'node:fs';
import { relative } from 'node:path';

import type { Nitro, NitroModule } from 'nitro/types';

import { pythonRoutePrefix } from './python-routes.ts';

const name = '#routes';
const resolved = '\0heady:routes';

/**
 * Nitro module that gives the routes themselves, as `#routes`, a list of all that the router has: of a file in
 * TypeScript with how it is loaded, the very module that the router loads.
 */
export const routeTable: NitroModule = {
  name: 'route-table',
  setup(nitro) {
    nitro.hooks.hook('rollup:before', (_nitro, config) => {
      config.plugins = [tablePlugin(nitro), config.plugins];
    });
  },
};

function tablePlugin(nitro: Nitro) {
  return {
    name: 'route-table',
    resolveId: {
      order: 'pre' as const,
      handler: (id: string) => (id === name ? resolved : null),
    },
    load: {
      order: 'pre' as const,
      handler: (id: string) =>
        id === resolved ? { code: table(nitro), moduleType: 'js' as const, map: null } : null,
    },
  };
}

function table({ options: { rootDir }, routing }: Nitro): string {
  const rows = Object.values(routing.routes.routes)
    .flatMap(({ data }) => data)
    .flatMap(({ route, method, handler }) => {
      const file = fileOf(handler, rootDir);
      const load = file?.endsWith('.py') ? '' : `, load: () => import(${JSON.stringify(handler)})`;
      const said = JSON.stringify({ route, method: method || undefined, file }).slice(0, -1);
      return file === undefined ? [] : [`${said}${load}}`];
    });
  return `export const routes = [\n${rows.join(',\n')}\n];\n`;
}

/** A handler's path from the root; undefined for what is none of the project's own, and for a file that is gone. */
function fileOf(handler: string, root: string): string | undefined {
  if (handler.startsWith(pythonRoutePrefix)) return handler.slice(pythonRoutePrefix.length);
  const path = relative(root, handler);
  return path.startsWith('routes/') && existsSync(handler) ? path : undefined;
}
