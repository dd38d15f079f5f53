import type { Schema } from '#lib/json-schema';
import type { ListedFunction, ListedRoute } from '#lib/python';

import { bodyOf, headOf, inputOf, responsesOf } from './function-operation.ts';
import type { Schemas } from './schemas.ts';

interface RouteOptions {
  readonly route: ListedRoute;
  readonly schemas: Schemas;
}

const withoutBody: ReadonlySet<string> = new Set(['get', 'head', 'delete', 'options', 'trace']);
/** Those that stand for a file that takes any. */
const anyMethod = ['get', 'put', 'post', 'delete', 'patch'];

/** A path as OpenAPI has it: `/api/items/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(
    /\*\*:?([\w-]*)|:([\w-]+)/g,
    (_, rest?: string, name?: string) => `{${name ?? (rest || 'path')}}`,
  );
}

/** The operations that a `.py` file under `routes/` answers, by method. */
export function routeOperations(described: ListedFunction, { route, schemas }: RouteOptions): Schema {
  const methods = route.method === undefined ? anyMethod : [route.method.toLowerCase()];
  return Object.fromEntries(
    methods.map((method) => {
      const id = `${method}.${route.name}`;
      const options = { id, tag: 'routes', schemas };
      return [
        method,
        {
          ...headOf(described, options),
          ...argumentsOf(inputOf(described, options), { path: route.path, method }),
          responses: responsesOf(described, options),
          ...(described.access === 'public' && { security: [] }),
        },
      ];
    }),
  );
}

/** The arguments that the path names, and the others: in the body where the method has one, else in the query. */
function argumentsOf(input: Schema, { path, method }: { path: string; method: string }): Schema {
  const properties = (input.properties ?? {}) as Readonly<Record<string, Schema>>;
  const required = new Set((input.required ?? []) as readonly string[]);
  const inPath = [...templateOf(path).matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const others = Object.keys(properties).filter((name) => !inPath.includes(name));
  const parameters = inPath.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }));
  if (withoutBody.has(method)) {
    const query = others.map((name) => ({
      name,
      in: 'query',
      required: required.has(name),
      schema: properties[name],
    }));
    return { parameters: [...parameters, ...query] };
  }
  if (others.length === 0) return { parameters };
  const body = {
    ...input,
    properties: Object.fromEntries(others.map((name) => [name, properties[name]])),
    required: others.filter((name) => required.has(name)),
  };
  return { parameters, requestBody: bodyOf(body) };
}
