import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { NitroModule } from 'nitro/types';

/**
 * Nitro module for development: leaves `#lib/…`, `#storage` and `#workers` out of the bundle of routes, so that a rebuilt route meets the parts
 * that the running server has, not copies of them.
 */
export const externalLib: NitroModule = {
  name: 'external-lib',
  setup(nitro) {
    nitro.hooks.hook('rollup:before', (_nitro, config) => {
      const resolveId = {
        order: 'pre' as const,
        handler: (id: string) => {
          const folder = folderOf(id);
          if (folder === undefined) return null;
          const file = join(nitro.options.rootDir, folder, 'index.ts');
          return { id: pathToFileURL(file).href, external: true as const };
        },
      };
      config.plugins = [{ name: 'external-lib', resolveId }, config.plugins];
    });
  },
};

/** The folder of a part that is imported by its name. */
function folderOf(id: string): string | undefined {
  const [, part, storage] = /^#(?:(?:lib\/(?=.)|(?=workers$))([\w-]+)|(storage))$/.exec(id) ?? [];
  return part === undefined ? storage : join('lib', part);
}
