import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { LogLevels } from 'consola';
import { build, createNitro, prepare } from 'nitro/builder';
import type { ServerRequest } from 'srvx';

import { guardRoutes } from '#lib/build';
import { Problem } from '#lib/problems';

import { externalLib } from './external-lib.ts';

type Handler = (request: ServerRequest) => Response | Promise<Response>;

interface Routes {
  /** Answers by the newest routes that build; where the last change does not build, says so. */
  readonly handler: Handler;
  close(): Promise<void>;
}

interface RoutesOptions {
  readonly root: string;
  readonly onError: (message: string) => void;
}

/** Builds the routes and builds them again whenever a file under `routes/` is added, changed or deleted. */
export async function watchRoutes({ root, onError }: RoutesOptions): Promise<Routes> {
  const modules = [guardRoutes, externalLib];
  const nitro = await createNitro({ rootDir: root, dev: true, modules, logLevel: LogLevels.silent });
  const entry = pathToFileURL(join(nitro.options.output.serverDir, 'index.mjs')).href;
  const version = versionImports(new URL('.', entry).href);
  const first = Promise.withResolvers<void>();
  let current: Handler = notBuilt;
  nitro.hooks.hook('dev:reload', async () => {
    version.next();
    const bundle = (await import(entry)) as { fetch: Handler };
    current = bundle.fetch;
    first.resolve();
  });
  nitro.hooks.hook('dev:error', (cause) => {
    const message = `the routes do not build: ${messageOf(cause)}`;
    onError(message);
    current = buildFailure(message);
    first.resolve();
  });
  await prepare(nitro);
  await build(nitro);
  await first.promise;
  return { handler: (request) => current(request), close: () => nitro.close() };
}

/** Makes every import of a built file the one of the newest build, in place of the module that Node has kept. */
function versionImports(directory: string): { next(): void } {
  let count = 0;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      return resolved.url.startsWith(directory)
        ? { ...resolved, url: `${resolved.url}?build=${count}` }
        : resolved;
    },
  });
  return { next: () => void (count += 1) };
}

function notBuilt(): Response {
  return new Response(null, { status: 503 });
}

function buildFailure(message: string): Handler {
  return ({ context }) => {
    const problem = new Problem('internal-error', message);
    return problem.toResponse({ requestId: String(context?.requestId), production: false });
  };
}

function messageOf(cause: unknown): string {
  const { message } = cause as Error;
  return String(message ?? cause).trim();
}
