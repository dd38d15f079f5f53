export type Schema = Readonly<Record<string, unknown>>;

/** Where a value is being made: the document that `$ref` counts from, and the schemas that are begun around it. */
export interface Place {
  readonly root: Schema;
  readonly open: ReadonlySet<Schema>;
}

/** A schema in one piece, with what it refers to, all that it is made of, and one of its alternatives. */
interface Settled {
  readonly schema: Schema;
  readonly place: Place;
}

/**
 * Settles a schema for one value. Of alternatives it is the first whose value comes to an end: a schema may contain
 * itself, and a value of it must not begin anew what it is within. Undefined where no value ends.
 */
export function settle(schema: unknown, place: Place): Settled | undefined {
  const asked = asSchema(schema);
  if (place.open.has(asked)) return undefined;
  const within = { root: place.root, open: new Set([...place.open, asked]) };
  const { $ref, allOf, anyOf, oneOf, ...own } = asked;
  const parts = [...(typeof $ref === 'string' ? [target($ref, place.root)] : []), ...schemasOf(allOf)];
  const choices = [schemasOf(anyOf), schemasOf(oneOf)].filter((choice) => choice.length > 0);
  let settled: Settled | undefined = { schema: own, place: within };
  for (const part of parts) settled = settled && joined(settled, part);
  for (const choice of choices) settled = settled && firstOf(choice, settled);
  return settled;
}

/** Whether some value of the schema comes to an end. */
export function ends(schema: unknown, place: Place): boolean {
  const settled = settle(schema, place);
  return settled !== undefined && needed(settled.schema).every((each) => ends(each, settled.place));
}

/** The items of an array that are asked for one by one, then as many others as it must have. */
export function itemsOf(schema: Schema, length: number): unknown[] {
  const first = Array.isArray(schema.prefixItems) ? (schema.prefixItems as unknown[]) : [];
  const others = Math.max(0, length - first.length);
  return [...first, ...Array.from({ length: others }, () => schema.items)].slice(0, length);
}

/** The names of an object's properties that must be there. */
export function requiredOf(schema: Schema): string[] {
  return Array.isArray(schema.required) ? (schema.required as string[]) : [];
}

export function asSchema(schema: unknown): Schema {
  return typeof schema === 'object' && schema !== null ? (schema as Schema) : {};
}

function joined(settled: Settled, part: unknown): Settled | undefined {
  const other = settle(part, settled.place);
  return other && { schema: merged(settled.schema, other.schema), place: other.place };
}

function firstOf(choice: readonly unknown[], settled: Settled): Settled | undefined {
  for (const each of choice) {
    const found = joined(settled, each);
    if (found && needed(found.schema).every((part) => ends(part, found.place))) return found;
  }
  return undefined;
}

/** The schemas of what a value cannot be without. */
function needed(schema: Schema): unknown[] {
  if ('const' in schema || 'enum' in schema) return [];
  const properties = asSchema(schema.properties);
  return [
    ...requiredOf(schema).map((name) => properties[name]),
    ...itemsOf(schema, Number(schema.minItems ?? 0)),
  ];
}

/** What fits both: of bounds the narrower, of properties all. */
function merged(one: Schema, other: Schema): Schema {
  const both = { ...one, ...other };
  const required = [...new Set([...requiredOf(one), ...requiredOf(other)])];
  const properties = mergedProperties(asSchema(one.properties), asSchema(other.properties));
  return {
    ...both,
    ...narrower(one, other),
    ...(required.length > 0 && { required }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

function mergedProperties(one: Schema, other: Schema): Schema {
  const shared = Object.keys(other).filter((name) => name in one);
  const both = shared.map((name) => [name, { allOf: [one[name], other[name]] }]);
  return { ...one, ...other, ...Object.fromEntries(both) };
}

const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];

function narrower(one: Schema, other: Schema): Schema {
  const bounds = [...lower, ...upper].filter((name) => name in one && name in other);
  const narrow = (name: string) => (lower.includes(name) ? Math.max : Math.min);
  return Object.fromEntries(
    bounds.map((name) => [name, narrow(name)(Number(one[name]), Number(other[name]))]),
  );
}

/** What a JSON Pointer in a fragment names (RFC 6901). */
function target(reference: string, root: Schema): unknown {
  const names = decodeURIComponent(reference).split('/').slice(1);
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, name) => asSchema(at)[name], root);
}

function schemasOf(several: unknown): unknown[] {
  return Array.isArray(several) ? several : [];
}
