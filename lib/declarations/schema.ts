import { definitionOf, isFile, mapSchemas, type Schema } from '#lib/json-schema';

import { withTags } from './tags.ts';

/**
 * A JSON Schema of Python's as one that makes good TypeScript, as the property `value` of an object: what stands at the
 * root would be given a name of its own.
 */
export function forTypeScript(schema: Schema, part: string): Schema {
  const { $defs = {}, ...value } = schema;
  return {
    title: 'Value',
    type: 'object',
    properties: { value: converted(value, part) },
    required: ['value'],
    $defs: Object.fromEntries(
      Object.entries($defs as Readonly<Record<string, Schema>>).map(([name, each]) => [
        name,
        { ...converted(each, part), title: name },
      ]),
    ),
  };
}

function converted(schema: Schema, part: string): Schema {
  const {
    title: _title,
    prefixItems,
    $ref,
    ...rest
  } = mapSchemas(withTags(schema), (each) => converted(each, part));
  return {
    ...rest,
    ...(prefixItems !== undefined && { items: prefixItems }), // as JSON Schema had it before
    ...referring($ref, rest),
    ...typed(schema, part),
  };
}

/**
 * With anything beside it a reference would come to a copy of the model, under another name. One to elsewhere, which
 * only the user can have written, would be fetched.
 */
function referring($ref: unknown, beside: Schema): Schema {
  if ($ref === undefined) return {};
  if (definitionOf($ref) === undefined) return { tsType: 'unknown' };
  return Object.keys(beside).length === 0 ? { $ref } : { allOf: [{ $ref }] };
}

/** What says of what type a value is. */
const ofType = ['type', '$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'properties', 'items'];

/** The types that the library has other ideas of, each under a name that no model of the user's can have. */
function typed(schema: Schema, part: string): Schema {
  if (isFile(schema))
    return { tsType: part === 'input' ? '(globalThis.Blob | string)' : 'import("#workers").ReturnedFile' };
  if (!ofType.some((keyword) => keyword in schema)) return { tsType: 'unknown' };
  return isEmpty(schema) ? { tsType: '{ [name: string]: never }' } : {}; // `{}` would be anything
}

function isEmpty({ type, properties = {}, additionalProperties }: Schema): boolean {
  return (
    type === 'object' && additionalProperties === false && Object.keys(properties as Schema).length === 0
  );
}
