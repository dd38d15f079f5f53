import type { Nitro, NitroModule } from 'nitro/types';

import { conflicts, pythonRouteFiles, routeFiles, routeName } from '#lib/route-files';

/** What the name of a handler in Python begins with, before its file. */
export const pythonRoutePrefix = 'virtual:python-route/';

/**
 * Nitro module that makes each `.py` file under `routes/` an endpoint, named as Nitro names its own. What is built of it
 * is only that there is one: the file itself is read when the service runs.
 */
export const pythonRoutes: NitroModule = {
  name: 'python-routes',
  setup(nitro) {
    addHandlers(nitro);
    nitro.hooks.hook('rollup:reload', () => addHandlers(nitro)); // in development, before Nitro scans its own
    nitro.hooks.hook('rollup:before', (_nitro, config) => {
      config.plugins = [routePlugin(nitro.options.rootDir), config.plugins];
    });
  },
};

function addHandlers({ options }: Nitro): void {
  const others = options.handlers.filter(({ handler }) => !handler.startsWith(pythonRoutePrefix));
  const own = pythonRouteFiles(options.rootDir).map((file) => {
    const { route, method, env } = routeName(file);
    return {
      route,
      handler: `${pythonRoutePrefix}${file}`,
      lazy: true,
      ...(method && { method }),
      ...(env && { env }),
    };
  });
  options.handlers = [...others, ...own] as typeof options.handlers; // Nitro's types have methods in either case
}

function routePlugin(root: string) {
  return {
    name: 'python-routes',
    buildStart(this: { error(message: string): never }) {
      const found = conflicts(routeFiles(root));
      if (found.length > 0) this.error(found.map(({ message }) => message).join('\n'));
    },
    resolveId: {
      order: 'pre' as const,
      handler: (id: string) => (id.startsWith(pythonRoutePrefix) ? id : null),
    },
    load: {
      order: 'pre' as const,
      handler: (id: string) =>
        id.startsWith(pythonRoutePrefix) ? endpoint(id.slice(pythonRoutePrefix.length)) : null,
    },
  };
}

function endpoint(file: string) {
  const code = `
import { guard } from '#lib/http';
import { pythonRoute } from '#lib/functions';

export default guard(pythonRoute(${JSON.stringify(file)}));
`;
  return { code, moduleType: 'js' as const, map: null };
}
