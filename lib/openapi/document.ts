import { problemTypes } from '#lib/problems';
import type { ListedFunction, ListedRoute, ListedWorker } from '#lib/python';

import { functionOperation } from './function-operation.ts';
import { pathsOf } from './paths.ts';
import { endpointOf, type RouteEntry } from './route-entry.ts';
import { Schemas } from './schemas.ts';

interface Described {
  readonly version: string;
  readonly workers: readonly ListedWorker[];
  /** What is known of the routes in Python. */
  readonly python: readonly ListedRoute[];
  /** All that the router has. */
  readonly routes: readonly RouteEntry[];
}

/**
 * The OpenAPI document of all routes and of all functions of workers. What does not load, or cannot be called, is not in
 * it.
 *
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export async function openApiDocument(described: Described): Promise<Readonly<Record<string, unknown>>> {
  const { version, workers, python, routes } = described;
  const schemas = new Schemas();
  const endpoints = await Promise.all(routes.map((each) => endpointOf(each, { python, schemas })));
  const paths = { ...pathsOf(endpoints), ...functionPaths(workers, schemas) };
  return {
    openapi: '3.1.1',
    info: { title: 'heady-manager', version },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    security: [{ bearer: [] }, { header: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-heady-api-key' },
      },
      responses: { Problem: { description: 'Problem details (RFC 9457).', content: problemContent } },
      schemas: { Problem: problemSchema, ...schemas.components },
    },
  };
}

/** Each function of a worker at the path of its own, which is one of the route that calls them. */
function functionPaths(
  workers: readonly ListedWorker[],
  schemas: Schemas,
): Readonly<Record<string, unknown>> {
  const paths = workers.flatMap((worker) =>
    functionsOf(worker).map((each) => {
      const options = { id: `${worker.name}.${each.name}`, tag: worker.name, schemas };
      const path = `/api/workers/${worker.name}/${encodeURIComponent(each.name)}`;
      return [path, { post: functionOperation(each, options) }] as const;
    }),
  );
  return Object.fromEntries(paths);
}

function functionsOf(worker: ListedWorker): readonly ListedFunction[] {
  return 'error' in worker ? [] : worker.functions.filter(({ error }) => error === null);
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problemTypes) },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
    limit: { type: 'string' },
    used: { type: 'string' },
    traceback: { type: 'string' },
  },
};
