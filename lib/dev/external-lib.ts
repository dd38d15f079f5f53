import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { NitroModule } from 'nitro/types';

/**
 * Nitro module for development: leaves `#lib/…` and `#workers` out of the bundle of routes, so that a rebuilt route meets the parts
 * that the running server has, not copies of them.
 */
export const externalLib: NitroModule = {
  name: 'external-lib',
  setup(nitro) {
    nitro.hooks.hook('rollup:before', (_nitro, config) => {
      const resolveId = {
        order: 'pre' as const,
        handler: (id: string) => {
          const [, part] = /^#(?:lib\/(?=.)|(?=workers$))([\w-]+)$/.exec(id) ?? [];
          if (part === undefined) return null;
          const file = join(nitro.options.rootDir, 'lib', part, 'index.ts');
          return { id: pathToFileURL(file).href, external: true as const };
        },
      };
      config.plugins = [{ name: 'external-lib', resolveId }, config.plugins];
    });
  },
};
