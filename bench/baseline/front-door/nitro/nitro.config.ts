import { defineConfig } from 'nitro/config';

export default defineConfig({
  compatibilityDate: '2026-09-01',
  preset: 'node-server',
  serverDir: './',
  buildDir: '.nitro', // not in node_modules, which is shared
});
