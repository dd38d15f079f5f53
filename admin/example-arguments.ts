/** A JSON Schema, as pydantic makes it of a function's parameters. */
export type Schema = Readonly<Record<string, unknown>>;

/** Arguments to begin with: what is required, with a value of its type, and what has a default. */
export function exampleArguments(schema: Schema): unknown {
  return valueOf(schema, { root: schema, depth: 0 });
}

interface Place {
  readonly root: Schema;
  /** How deep it is: a type may be part of itself. */
  readonly depth: number;
}

const deepest = 5;

function valueOf(asked: Schema, place: Place): unknown {
  const schema = resolved(asked, place.root);
  for (const name of ['default', 'const']) if (name in schema) return schema[name];
  const [given] = listOf(schema.examples ?? schema.enum);
  if (given !== undefined) return given;
  const [alternative] = listOf(schema.anyOf ?? schema.oneOf ?? schema.allOf) as Schema[];
  if (alternative && place.depth < deepest) return valueOf(alternative, { ...place, depth: place.depth + 1 });
  return byType[typeOf(schema)]?.(schema, place) ?? null;
}

const byType: Readonly<Record<string, (schema: Schema, place: Place) => unknown>> = {
  object: (schema, { root, depth }) => {
    if (depth >= deepest) return {};
    const required = new Set(listOf(schema.required));
    const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>);
    const wanted = properties.filter(([name, each]) => required.has(name) || 'default' in each);
    return Object.fromEntries(
      wanted.map(([name, each]) => [name, valueOf(each, { root, depth: depth + 1 })]),
    );
  },
  array: (schema, { root, depth }) =>
    Number(schema.minItems ?? 0) === 0 || depth >= deepest
      ? []
      : [valueOf((schema.items ?? {}) as Schema, { root, depth: depth + 1 })],
  string: () => '',
  integer: ({ minimum = 0 }) => minimum,
  number: ({ minimum = 0 }) => minimum,
  boolean: () => false,
};

function typeOf({ type, properties }: Schema): string {
  return String([type].flat()[0] ?? (properties ? 'object' : ''));
}

function resolved(schema: Schema, root: Schema): Schema {
  const [, name] = /^#\/\$defs\/(.+)$/.exec(String(schema.$ref ?? '')) ?? [];
  if (name === undefined) return schema;
  const { $ref: _, ...beside } = schema;
  return { ...(root.$defs as Readonly<Record<string, Schema>>)[name], ...beside };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
