import type { Schema } from '#lib/json-schema';

import { type PathTemplate, templateOf } from './path-template.ts';

/** What answers a path and a method. */
export interface Endpoint {
  /** As h3 has it. */
  readonly route: string;
  /** Undefined for any. */
  readonly method: string | undefined;
  /** Undefined where nothing is known of it but that it is there. */
  readonly operation: ((place: Place) => Schema) | undefined;
}

/** Where an operation stands. */
export interface Place {
  readonly method: string;
  /** The path's parameters: as the document names them, and as the route does. */
  readonly parameters: readonly { readonly name: string; readonly own: string }[];
}

/** Those that a path item has (OpenAPI 3.1.1, 4.8.9): there is none for CONNECT. */
const methods: ReadonlySet<string> = new Set([
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
  'trace',
]);
/** Those that stand for a file that takes any. */
const anyMethod = ['get', 'put', 'post', 'delete', 'patch'];

interface PathItem {
  readonly path: PathTemplate;
  readonly operations: Map<string, Schema | undefined>;
}

/**
 * The paths with their operations, as the router chooses among files: one for a method before one for any, a parameter
 * before one that takes any number of segments. Paths that differ in names alone are one, named as the first.
 */
export function pathsOf(endpoints: readonly Endpoint[]): Readonly<Record<string, Schema>> {
  const items = new Map<string, PathItem>();
  for (const endpoint of endpoints.toSorted((a, b) => rank(a) - rank(b))) {
    const path = templateOf(endpoint.route);
    const item = items.get(path.shape) ?? { path, operations: new Map() };
    items.set(path.shape, item);
    addOperations(item, endpoint, path);
  }
  return Object.fromEntries(
    [...items.values()]
      .map(({ path, operations }) => [path.template, [...operations].filter(([, each]) => each)] as const)
      .filter(([, operations]) => operations.length > 0)
      .map(([template, operations]) => [template, Object.fromEntries(operations)]),
  );
}

function rank({ route, method }: Endpoint): number {
  return (templateOf(route).open ? 2 : 0) + (method === undefined ? 1 : 0);
}

function addOperations({ path, operations }: PathItem, endpoint: Endpoint, { own }: PathTemplate): void {
  const parameters = path.names.map((name, index) => ({ name, own: own[index] ?? name }));
  const answered = endpoint.method === undefined ? anyMethod : [endpoint.method.toLowerCase()];
  for (const method of answered)
    if (methods.has(method) && !operations.has(method))
      operations.set(method, endpoint.operation?.({ method, parameters }));
}
