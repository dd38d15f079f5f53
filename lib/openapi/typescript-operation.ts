import { z } from 'zod';

import type { Route } from '#lib/http';
import type { Schema } from '#lib/json-schema';

import type { Place } from './paths.ts';
import type { Schemas } from './schemas.ts';

interface RouteOptions {
  /** Its path from the root. */
  readonly file: string;
  readonly place: Place;
  readonly schemas: Schemas;
}

/** The operation that a route in TypeScript answers: what it says of itself, else that it is there. */
export function typescriptOperation(route: Route, { file, place, schemas }: RouteOptions): Schema {
  const { summary, params, query, body, response } = route.description ?? {};
  const id = `${place.method}.${file}`;
  const schemaOf = (part: string, type: z.ZodType | undefined) =>
    type && schemas.add(jsonSchemaOf(type), `${id}.${part}`);
  const requestBody = bodyOf(schemaOf('body', body), route.uploads);
  return {
    operationId: id,
    tags: ['routes'],
    ...(summary !== undefined && { summary }),
    parameters: [...pathParameters(schemaOf('params', params), place), ...queryOf(schemaOf('query', query))],
    ...(requestBody && { requestBody }),
    responses: {
      200: { description: 'The answer.', ...contentOf(schemaOf('response', response)) },
      default: { $ref: '#/components/responses/Problem' },
    },
    ...(route.access === 'public' && { security: [] }),
  };
}

/** What goes in, as JSON. One that refers to itself does so by a definition, where it is within another. */
function jsonSchemaOf(type: z.ZodType): Schema {
  const { properties, $defs } = z.toJSONSchema(z.object({ type }), { io: 'input', unrepresentable: 'any' });
  return { ...(properties?.type as Schema), ...($defs && { $defs }) };
}

function pathParameters(params: Schema | undefined, { parameters }: Place): Schema[] {
  const properties = propertiesOf(params);
  return parameters.map(({ name, own }) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[own] ?? { type: 'string' },
  }));
}

function queryOf(query: Schema | undefined): Schema[] {
  const required = new Set((query?.required ?? []) as readonly string[]);
  return Object.entries(propertiesOf(query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema,
  }));
}

function propertiesOf(schema: Schema | undefined): Readonly<Record<string, Schema>> {
  return (schema?.properties ?? {}) as Readonly<Record<string, Schema>>;
}

/** One that takes uploads takes a form as well as JSON. */
function bodyOf(schema: Schema | undefined, uploads: Route['uploads']): Schema | undefined {
  if (!schema && !uploads) return undefined;
  const form = uploads && { 'multipart/form-data': { schema: { type: 'object' } } };
  return {
    required: schema !== undefined,
    content: { 'application/json': schema ? { schema } : {}, ...form },
  };
}

function contentOf(schema: Schema | undefined): Schema {
  return schema ? { content: { 'application/json': { schema } } } : {};
}
