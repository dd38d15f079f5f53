import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import type { NitroModule } from 'nitro/types';
import { rolldown } from 'rolldown';

import type { PageAsset } from '#lib/admin';

const name = '#admin';
const resolved = '\0heady:admin';

/** What is served as it is, by the ending of its name. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nitro module that gives the files of the admin page as `#admin`, its script bundled into one. */
export const adminPage: NitroModule = {
  name: 'admin-page',
  setup({ options, hooks }) {
    hooks.hook('rollup:before', (_nitro, config) => {
      config.plugins = [pagePlugin(join(options.rootDir, 'admin')), config.plugins];
    });
  },
};

function pagePlugin(directory: string) {
  return {
    name: 'admin-page',
    resolveId: {
      order: 'pre' as const,
      handler: (id: string) => (id === name ? resolved : null),
    },
    load: {
      order: 'pre' as const,
      async handler(this: { addWatchFile(file: string): void }, id: string) {
        if (id !== resolved) return null;
        for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
          if (extname(file) !== '') this.addWatchFile(join(directory, file)); // for the development server
        const assets = JSON.stringify({ ...served(directory), 'main.js': await script(directory) });
        return { code: `export const assets = ${assets};`, moduleType: 'js' as const, map: null };
      },
    },
  };
}

function served(directory: string): Record<string, PageAsset> {
  return Object.fromEntries(
    readdirSync(directory).flatMap((file) => {
      const type = types[extname(file)];
      return type === undefined ? [] : [[file, asset(type, readFileSync(join(directory, file), 'utf8'))]];
    }),
  );
}

async function script(directory: string): Promise<PageAsset> {
  await using bundle = await rolldown({ input: join(directory, 'main.ts'), platform: 'browser' });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  return asset('text/javascript; charset=utf-8', output[0].code);
}

function asset(type: string, content: string): PageAsset {
  return { type, content, etag: `"${hash('sha256', content, 'base64url').slice(0, 16)}"` };
}
