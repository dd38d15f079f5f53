import type { ListedFunction } from '#lib/python';

type Schema = Readonly<Record<string, unknown>>;

/** A function as its file has it, `qa(question: str, context: str = "") -> Answer`, by its JSON Schemas. */
export function signature({ name, input, output, item }: ListedFunction): string {
  const { properties = {}, required = [] } = (input ?? {}) as {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
  };
  const parameters = Object.entries(properties).map(([parameter, schema]) =>
    required.includes(parameter)
      ? `${parameter}: ${typeName(schema)}`
      : `${parameter}: ${typeName(schema)} = ${'default' in schema ? literal(schema.default) : '…'}`,
  );
  const returned = item ? `Iterator[${typeName(item)}]` : typeName(output ?? {});
  return `${name}(${parameters.join(', ')}) -> ${returned}`;
}

const plainTypes: Readonly<Record<string, string>> = {
  boolean: 'bool',
  integer: 'int',
  null: 'None',
  number: 'float',
  string: 'str',
};

/** Texts that stand for something else. */
const formats: Readonly<Record<string, string>> = {
  base64url: 'bytes',
  binary: 'File',
  date: 'date',
  'date-time': 'datetime',
};

/** A type's name in Python, where the schema tells it. */
function typeName(schema: Schema): string {
  const { $ref, enum: values, const: only, anyOf, oneOf, type, format } = schema;
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return `Literal[${literal(only)}]`;
  if (Array.isArray(values)) return `Literal[${values.map(literal).join(', ')}]`;
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return choices.map((choice) => typeName(choice as Schema)).join(' | ');
  if (type === 'array') return `list[${typeName((schema.items ?? {}) as Schema)}]`;
  if (type === 'object') return objectName(schema);
  return formats[String(format)] ?? plainTypes[String(type)] ?? 'Any';
}

function objectName({ title, properties, additionalProperties }: Schema): string {
  if (properties !== undefined && typeof title === 'string') return title;
  return typeof additionalProperties === 'object'
    ? `dict[str, ${typeName(additionalProperties as Schema)}]`
    : 'dict[str, Any]';
}

function literal(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}
