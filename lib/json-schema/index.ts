/** A JSON Schema. @see https://json-schema.org/draft/2020-12 */
export type Schema = Readonly<Record<string, unknown>>;

/** The name of the definition that a reference is to, where it is to one of the same schema. */
export function definitionOf($ref: unknown): string | undefined {
  return typeof $ref === 'string' && $ref.startsWith('#/$defs/') ? $ref.slice('#/$defs/'.length) : undefined;
}

/** Keywords that have schemas in them: one or a list of them, or one for each of the user's own names. */
const ofSchemas = new Set([
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const ofNamedSchemas = new Set(['$defs', 'dependentSchemas', 'patternProperties', 'properties']);

/**
 * A schema with each of those that are directly in it made another. Whatever else it has stays as it is: a default may
 * look like a schema, a property may be called as a keyword is, and what a user has written by hand may be no schema.
 */
export function mapSchemas(schema: Schema, made: (schema: Schema) => Schema): Schema {
  return mapValues(schema, (value, keyword) => {
    if (ofNamedSchemas.has(keyword) && isObject(value)) return mapValues(value, (each) => mapped(each, made));
    return ofSchemas.has(keyword) ? mapped(value, made) : value;
  });
}

/** Whether it may be a schema; `true` and `false` are some as well, with nothing in them. */
export function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapped(value: unknown, made: (schema: Schema) => Schema): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(each, made));
  return isObject(value) ? made(value) : value;
}

function mapValues(values: Schema, made: (value: unknown, name: string) => unknown): Schema {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, made(value, name)]));
}

/** Whether a schema is that of a file. */
export function isFile({ format }: Schema): boolean {
  return format === 'binary';
}

/** Whether a schema of arguments has files in it, which are parts of a form or named by their keys. */
export function takesFiles(schema: Schema): boolean {
  return JSON.stringify(schema).includes('"format":"binary"');
}
