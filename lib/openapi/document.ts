import { problemTypes } from '#lib/problems';
import type { ListedFunction, ListedRoute, ListedWorker } from '#lib/python';

import { functionOperation } from './function-operation.ts';
import { routeOperations, templateOf } from './route-operation.ts';
import { Schemas } from './schemas.ts';

interface Listed {
  readonly version: string;
  readonly workers: readonly ListedWorker[];
  readonly routes: readonly ListedRoute[];
}

/**
 * The OpenAPI document of all Python functions, those of workers and those under `routes/`. What does not load, or
 * cannot be called, is not in it.
 *
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument({ version, workers, routes }: Listed): Readonly<Record<string, unknown>> {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const worker of workers)
    for (const each of functionsOf(worker))
      paths[`/api/workers/${worker.name}/${each.name}`] = {
        post: functionOperation(each, { id: `${worker.name}.${each.name}`, tag: worker.name, schemas }),
      };
  for (const route of routes)
    for (const each of functionsOf(route))
      paths[templateOf(route.path)] = {
        ...paths[templateOf(route.path)],
        ...routeOperations(each, { route, schemas }),
      };
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
