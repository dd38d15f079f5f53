import type { GuardedRoute } from '#lib/http';
import type { ListedFunction, ListedRoute } from '#lib/python';

import type { Endpoint } from './paths.ts';
import { pythonOperation } from './python-operation.ts';
import type { Schemas } from './schemas.ts';
import { typescriptOperation } from './typescript-operation.ts';

/** A route as the router has it. */
export interface RouteEntry {
  /** As h3 has it. */
  readonly route: string;
  /** Undefined for any. */
  readonly method?: string;
  /** Its path from the root. */
  readonly file: string;
  /** Loads a file in TypeScript, as its first request does. */
  readonly load?: () => Promise<{ readonly default: GuardedRoute }>;
}

interface Known {
  readonly python: readonly ListedRoute[];
  readonly schemas: Schemas;
}

/** The endpoint that a route is; of one that does not load no more than where it is. */
export async function endpointOf(entry: RouteEntry, { python, schemas }: Known): Promise<Endpoint> {
  const { route, method, file, load } = entry;
  if (load) {
    const loaded = await load().catch(() => undefined); // whoever calls it is told why
    const own = loaded?.default.route;
    return {
      route,
      method,
      operation: own && ((place) => typescriptOperation(own, { file, place, schemas })),
    };
  }
  const called = functionOf(python.find(({ name }) => name === file));
  return {
    route,
    method,
    operation: called && ((place) => pythonOperation(called, { file, place, schemas })),
  };
}

function functionOf(listed: ListedRoute | undefined): ListedFunction | undefined {
  if (!listed || 'error' in listed) return undefined;
  return listed.functions.find(({ error }) => error === null);
}
