import { H3 } from 'h3';
import type { ServerRequest } from 'srvx';

import { Problem } from '#lib/problems';
import { routeFiles, routeName } from '#lib/route-files';

import type { BuildFailure } from './build-failure.ts';

export type Handler = (request: ServerRequest) => Response | Promise<Response>;

/** Routes that have been built. */
export interface Built {
  readonly fetch: Handler;
  /** The files that there were, from the root. */
  readonly files: ReadonlySet<string>;
}

/**
 * Answers by the last routes that were built what is not concerned by a failure since: the routes at fault, and those that
 * have come since, are answered with why they are not there.
 */
export function besideFailure(
  { message, files }: BuildFailure,
  built: Built | undefined,
  root: string,
): Handler {
  const failing: Handler = ({ context }) => {
    const problem = new Problem('internal-error', `the routes do not build: ${message}`);
    return problem.toResponse({ requestId: String(context?.requestId), production: false });
  };
  if (!built || !files) return failing;
  const atFault = new Set(files);
  const fileOf = router(routeFiles(root));
  return (request) => {
    const file = fileOf(request);
    const isFailing = file !== undefined && (atFault.has(file) || !built.files.has(file));
    return isFailing ? failing(request) : built.fetch(request);
  };
}

type Method = Parameters<H3['on']>[0];

/** Finds the file that a request is for, as the router of a build does. */
function router(files: readonly string[]): (request: ServerRequest) => string | undefined {
  const app = new H3();
  for (const file of files) {
    const { route, method = '', env } = routeName(file);
    if (env === undefined || env === 'dev')
      app.on(method as Method, route, () => undefined, { meta: { file } });
  }
  return ({ method, url }) => {
    const find = (asked: string) =>
      app['~findRoute']({ req: { method: asked }, url: new URL(url) } as Parameters<H3['~findRoute']>[0]);
    const found = find(method) ?? (method === 'HEAD' ? find('GET') : undefined);
    return found?.data.meta?.file as string | undefined;
  };
}
