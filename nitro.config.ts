import { defineConfig } from 'nitro/config';

import { guardRoutes, pythonRoutes, routeTable } from './lib/build/index.ts';

export default defineConfig({
  compatibilityDate: '2026-09-01',
  preset: 'node-middleware',
  serverDir: './',
  buildDir: '.nitro', // not in node_modules, which projects may share
  serveStatic: true,
  entry: './lib/server/entry.ts',
  errorHandler: './lib/http/error-handler.ts',
  modules: [guardRoutes, pythonRoutes, routeTable],
  // Logging is the service's own, with request ids and masked secrets.
  logLevel: 2,
});
