import { definitionOf, mapSchemas, type Schema } from '#lib/json-schema';

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
    ...(typeof $ref === 'string' && { $ref: reference($ref, nameOf) }),
    ...(discriminator !== undefined && { discriminator: choice(discriminator as Discriminator, nameOf) }),
  };
}

/** One to elsewhere, which only the user can have written, stays what it is. */
function reference($ref: string, nameOf: NameOf): string {
  const name = definitionOf($ref);
  return name === undefined ? $ref : `#/components/schemas/${nameOf(name)}`;
}

/** Which value of which property stands for which model; pydantic has the schema itself where that is no reference. */
interface Discriminator {
  readonly propertyName: string;
  readonly mapping: Readonly<Record<string, unknown>>;
}

function choice({ propertyName, mapping }: Discriminator, nameOf: NameOf): Discriminator {
  const models = Object.entries(mapping).flatMap(([value, model]) =>
    typeof model === 'string' ? [[value, reference(model, nameOf)]] : [],
  );
  return { propertyName, mapping: Object.fromEntries(models) };
}
