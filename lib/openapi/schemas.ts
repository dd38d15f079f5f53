import { definitionOf, isObject, mapSchemas, type Schema } from '#lib/json-schema';

type NameOf = (name: string) => string;

/** The models of all functions, each by a name of its own: two functions may have different ones of one name. */
export class Schemas {
  readonly components: Record<string, Schema> = {};

  /** A function's schema, whose models join the components under the prefix. */
  add(schema: Schema, prefix: string): Schema {
    const { $defs = {}, ...own } = schema;
    const nameOf = (name: string) => `${prefix}.${name}`.replaceAll(/[^\w.-]/g, '_');
    for (const [name, definition] of Object.entries($defs as Readonly<Record<string, Schema>>))
      this.components[nameOf(name)] = moved(definition, nameOf);
    return moved(own, nameOf);
  }
}

/** The same schema with its references led to the components. */
function moved(schema: Schema, nameOf: NameOf): Schema {
  const { $ref, discriminator } = schema;
  return {
    ...mapSchemas(schema, (each) => moved(each, nameOf)),
    ...($ref !== undefined && { $ref: reference($ref, nameOf) }),
    ...(isObject(discriminator) && { discriminator: choice(discriminator, nameOf) }),
  };
}

/** One to elsewhere, which only the user can have written, stays what it is. */
function reference($ref: unknown, nameOf: NameOf): unknown {
  const name = definitionOf($ref);
  return name === undefined ? $ref : `#/components/schemas/${nameOf(name)}`;
}

/** Which value stands for which model. Pydantic has a schema for a model that is no reference; OpenAPI has references. */
function choice({ mapping, ...rest }: Schema, nameOf: NameOf): Schema {
  if (!isObject(mapping)) return rest;
  const models = Object.entries(mapping).filter(([, model]) => typeof model === 'string');
  return {
    ...rest,
    mapping: Object.fromEntries(models.map(([value, model]) => [value, reference(model, nameOf)])),
  };
}
