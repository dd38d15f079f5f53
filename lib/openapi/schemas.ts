type Schema = Readonly<Record<string, unknown>>;

/** The models of all functions, each by a name of its own: two functions may have different ones of one name. */
export class Schemas {
  readonly components: Record<string, unknown> = {};

  /** A function's schema, whose models join the components under the prefix. */
  add(schema: Schema, prefix: string): Schema {
    const { $defs = {}, ...own } = schema;
    const nameOf = (name: string) => `${prefix}.${name}`.replaceAll(/[^\w.-]/g, '_');
    for (const [name, definition] of Object.entries($defs as Schema))
      this.components[nameOf(name)] = moved(definition, nameOf);
    return moved(own, nameOf) as Schema;
  }
}

/** The same schema with its references led to the components. */
function moved(value: unknown, nameOf: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, nameOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (ofData.has(key)) return [key, each];
      if (key === '$ref') return [key, reference(each, nameOf)];
      if (key === 'mapping') return [key, mapped(each as Schema, nameOf)];
      return [key, moved(each, nameOf)];
    }),
  );
}

/** Keywords whose values are the user's own data. */
const ofData = new Set(['default', 'const', 'enum', 'examples']);

/** Of a discriminator: which value stands for which model. */
function mapped(mapping: Schema, nameOf: (name: string) => string): Schema {
  return Object.fromEntries(Object.entries(mapping).map(([key, each]) => [key, reference(each, nameOf)]));
}

function reference(given: unknown, nameOf: (name: string) => string): string {
  return `#/components/schemas/${nameOf(String(given).replace('#/$defs/', ''))}`;
}
