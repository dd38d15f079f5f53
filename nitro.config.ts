import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'nitro/config';

import { adminPage, guardRoutes, pythonRoutes, routeTable } from './lib/build/index.ts';

const { dirname: root } = import.meta;

export default defineConfig({
  compatibilityDate: '2026-09-01',
  preset: 'node-middleware',
  serverDir: './',
  buildDir: '.nitro', // not in node_modules, which projects may share
  serveStatic: existsSync(join(root, 'public')), // it would look for a file at each request
  entry: './lib/server/entry.ts',
  errorHandler: './lib/http/error-handler.ts',
  modules: [guardRoutes, pythonRoutes, routeTable, adminPage],
  storage: {
    '': { driver: join(root, 'lib/key-value/nowhere.ts') },
    cache: { driver: 'memory' }, // Nitro's own, of what can be computed again
    ephemeral: { driver: join(root, 'lib/key-value/driver.ts'), durability: 'ephemeral' },
    persistent: { driver: join(root, 'lib/key-value/driver.ts'), durability: 'persistent' },
  },
  // Its own, as it would be put to what is loaded only for a bucket, with AWS's SDK: 37 MB.
  rolldownConfig: {
    output: {
      codeSplitting: { groups: [{ name: '_libs/@tus/utils', test: /node_modules\/@tus\/utils\// }] },
    },
  },
  // Logging is the service's own, with request ids and masked secrets.
  logLevel: 2,
});
