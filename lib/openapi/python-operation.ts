import type { Schema } from '#lib/json-schema';
import type { ListedFunction } from '#lib/python';

import { bodyOf, headOf, inputOf, responsesOf, withKeys } from './function-operation.ts';
import type { Place } from './paths.ts';
import type { Schemas } from './schemas.ts';

interface RouteOptions {
  /** Its path from the root. */
  readonly file: string;
  readonly place: Place;
  readonly schemas: Schemas;
}

const withoutBody: ReadonlySet<string> = new Set(['get', 'head', 'delete', 'options', 'trace']);

/** The operation that a `.py` file under `routes/` answers. */
export function pythonOperation(described: ListedFunction, { file, place, schemas }: RouteOptions): Schema {
  const options = { id: `${place.method}.${file}`, tag: 'routes', schemas };
  return {
    ...headOf(described, options),
    ...argumentsOf(inputOf(described, options), place),
    responses: responsesOf(described, options),
    ...(described.access === 'public' && { security: [] }),
  };
}

/** The arguments that the path names, and the others: in the body where the method has one, else in the query. */
function argumentsOf(input: Schema, { method, parameters: inPath }: Place): Schema {
  const properties = (input.properties ?? {}) as Readonly<Record<string, Schema>>;
  const required = new Set((input.required ?? []) as readonly string[]);
  const others = Object.keys(properties).filter((name) => !inPath.some(({ own }) => own === name));
  const parameters = inPath.map(({ name, own }) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[own] ?? { type: 'string' },
  }));
  if (withoutBody.has(method)) {
    const query = others.map((name) => ({
      name,
      in: 'query',
      required: required.has(name),
      schema: withKeys(properties[name] ?? {}),
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
