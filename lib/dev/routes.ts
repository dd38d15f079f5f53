import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { LogLevels } from 'consola';
import { build, createNitro, prepare } from 'nitro/builder';
import type { Nitro } from 'nitro/types';
import type { ServerRequest } from 'srvx';

import { guardRoutes, pythonRoutes, routeTable } from '#lib/build';
import { Problem } from '#lib/problems';
import { pythonRouteFiles } from '#lib/route-files';
import { watchFolder } from '#lib/watch';

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

/**
 * Builds the routes and builds them again whenever a file under `routes/` is added, changed or deleted; a change within
 * a `.py` file is no matter of the build.
 */
export async function watchRoutes({ root, onError }: RoutesOptions): Promise<Routes> {
  const modules = [guardRoutes, pythonRoutes, routeTable, externalLib];
  const nitro = await createNitro({ rootDir: root, dev: true, modules, logLevel: LogLevels.silent });
  const entry = pathToFileURL(join(nitro.options.output.serverDir, 'index.mjs')).href;
  const first = Promise.withResolvers<void>();
  let builds = 0;
  let current: Handler = notBuilt;
  versionImports(new URL('.', entry).href, () => builds);
  nitro.hooks.hook('dev:reload', async () => {
    const number = (builds += 1);
    const bundle = (await import(entry)) as { fetch: Handler };
    if (number === builds) current = bundle.fetch; // else there is a newer one by now
    first.resolve();
  });
  nitro.hooks.hook('dev:error', (cause) => {
    builds += 1;
    const message = `the routes do not build: ${messageOf(cause)}`;
    onError(message);
    current = buildFailure(message);
    first.resolve();
  });
  await prepare(nitro);
  await build(nitro);
  await first.promise;
  const watcher = await watchFiles(nitro);
  return {
    handler: (request) => current(request),
    close: async () => {
      await watcher[Symbol.asyncDispose]();
      await nitro.close();
    },
  };
}

/** By then Nitro has done what it does by itself. */
const settleMs = 250;

/**
 * Has the routes scanned and built once more when no file has changed for a moment. Nitro builds at once by itself, but
 * what its own watcher misses it builds without.
 */
async function watchFiles(nitro: Nitro): Promise<AsyncDisposable> {
  const rebuild = async () => nitro.hooks.callHook('rollup:reload');
  const { rootDir } = nitro.options;
  let timer: NodeJS.Timeout | undefined;
  let known = pythonRouteFiles(rootDir).join();
  return watchFolder(join(rootDir, 'routes'), (paths) => {
    const found = pythonRouteFiles(rootDir).join();
    if (paths?.every((path) => path.endsWith('.py')) && found === known) return;
    known = found;
    clearTimeout(timer);
    timer = setTimeout(rebuild, settleMs);
  });
}

/** Makes every import of a built file the one of the newest build, in place of the module that Node has kept. */
function versionImports(directory: string, version: () => number): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      return resolved.url.startsWith(directory)
        ? { ...resolved, url: `${resolved.url}?build=${version()}` }
        : resolved;
    },
  });
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
