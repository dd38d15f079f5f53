import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { LogLevels } from 'consola';
import { build, createNitro, prepare } from 'nitro/builder';
import type { Nitro } from 'nitro/types';

import { adminPage, guardRoutes, pythonRoutes, routeTable } from '#lib/build';
import { pythonRouteFiles, routeFiles } from '#lib/route-files';
import { watchFolder } from '#lib/watch';

import { buildFailure } from './build-failure.ts';
import { externalLib } from './external-lib.ts';
import { besideFailure, type Built, type Handler } from './failing-routes.ts';

interface Routes {
  /** Answers by the newest routes that build, and says which of them the last change keeps from it. */
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
  const modules = [guardRoutes, pythonRoutes, routeTable, adminPage, externalLib];
  const nitro = await createNitro({ rootDir: root, dev: true, modules, logLevel: LogLevels.silent });
  const entry = pathToFileURL(join(nitro.options.output.serverDir, 'index.mjs')).href;
  const first = Promise.withResolvers<void>();
  const built = keepBuilt(nitro, { entry, onError, onFirst: first.resolve });
  await prepare(nitro);
  await build(nitro);
  await first.promise;
  const watcher = await watchFiles(nitro);
  return {
    handler: (request) => built.handler(request),
    close: async () => {
      await watcher[Symbol.asyncDispose]();
      await nitro.close();
    },
  };
}

interface KeepOptions extends Pick<RoutesOptions, 'onError'> {
  /** The built module. */
  readonly entry: string;
  /** Called when there is something to answer with. */
  readonly onFirst: () => void;
}

/** Loads each build when it is there, and keeps it beside the failures that follow. */
function keepBuilt(nitro: Nitro, { entry, onError, onFirst }: KeepOptions): Pick<Routes, 'handler'> {
  const { rootDir } = nitro.options;
  const answer: { handler: Handler } = { handler: () => new Response(null, { status: 503 }) };
  let newest = 0;
  let good: Built | undefined;
  versionImports(new URL('.', entry).href, () => newest);
  nitro.hooks.hook('dev:reload', async () => {
    const number = (newest += 1);
    const files = new Set(routeFiles(rootDir));
    const { fetch } = (await import(entry)) as { fetch: Handler };
    if (number !== newest) return; // there is a newer one by now
    good = { fetch, files };
    answer.handler = fetch;
    onFirst();
  });
  nitro.hooks.hook('dev:error', (cause) => {
    newest += 1;
    const failure = buildFailure(cause as Error, rootDir);
    onError(`the routes do not build: ${failure.message}`);
    answer.handler = besideFailure(failure, good, rootDir);
    onFirst();
  });
  return answer;
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

/**
 * Makes every import of a built file the one of its build, in place of the module that Node has kept: the entry's of the
 * newest, any other's that of the file which imports it, as a route is loaded when it is asked for.
 */
function versionImports(directory: string, newest: () => number): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      if (!resolved.url.startsWith(directory)) return resolved;
      const [, number = newest()] = /\?build=(\d+)$/.exec(context.parentURL ?? '') ?? [];
      return { ...resolved, url: `${resolved.url}?build=${number}` };
    },
  });
}
