type Schema = Readonly<Record<string, unknown>>;

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
        { ...(converted(each, part) as Schema), title: name },
      ]),
    ),
  };
}

/** Keywords whose values are data, or names that are the user's own, and no schemas. */
const ofData = new Set(['default', 'const', 'enum', 'examples']);
const ofNames = new Set(['properties', 'patternProperties', '$defs']);

function converted(schema: unknown, part: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => converted(each, part));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { title: _title, prefixItems, ...rest } = schema as Schema;
  if (rest.format === 'binary') return { tsType: part === 'input' ? 'Blob' : 'ReturnedFile' };
  const entries = Object.entries(rest).map(([key, value]) => [key, convertedIn(key, value, part)]);
  const tuple = prefixItems === undefined ? {} : { items: converted(prefixItems, part) }; // as JSON Schema had it before
  return { ...Object.fromEntries(entries), ...tuple };
}

function convertedIn(keyword: string, value: unknown, part: string): unknown {
  if (ofData.has(keyword)) return value;
  if (!ofNames.has(keyword)) return converted(value, part);
  return Object.fromEntries(
    Object.entries(value as Schema).map(([name, each]) => [name, converted(each, part)]),
  );
}
