import { wordsOf } from './words.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What a value is made of: the schema that it is to fit, and a text that it is about. */
interface Source {
  readonly root: Schema;
  readonly about: string;
  /** Schemas may contain themselves: at this depth what need not be there is left out. */
  readonly depth: number;
}

const deepest = 6;

/**
 * A value that fits a JSON Schema, as a model gives it that is held to one: texts are those that it is about, numbers the
 * first that stands there. Of what a schema can ask for it knows what models are given: types, `enum` and `const`,
 * bounds of numbers and lengths, nesting, `$ref`, alternatives.
 */
export function valueFor(schema: unknown, about: string): unknown {
  const root = asSchema(schema);
  return value(root, { root, about, depth: 0 });
}

function value(schema: Schema, source: Source): unknown {
  const resolved = resolve(schema, source.root);
  if ('const' in resolved) return resolved.const;
  if (Array.isArray(resolved.enum)) return chosen(resolved.enum, source.about);
  const [alternative] = [resolved.anyOf ?? resolved.oneOf ?? resolved.allOf ?? []].flat();
  if (alternative !== undefined) return value(asSchema(alternative), source);
  const [type = resolved.properties ? 'object' : 'string'] = [resolved.type ?? []].flat();
  const inner = { ...source, depth: source.depth + 1 };
  if (type === 'object') return object(resolved, inner);
  if (type === 'array') return array(resolved, inner);
  if (type === 'number' || type === 'integer') return number(resolved, source.about);
  if (type === 'boolean') return !/\b(?:no|not|never)\b/i.test(source.about);
  return type === 'null' ? null : text(resolved, source.about);
}

function resolve(schema: Schema, root: Schema): Schema {
  if (typeof schema.$ref !== 'string') return schema;
  const path = schema.$ref.split('/').slice(1);
  const found = path.reduce<unknown>((at, name) => asSchema(at)[name], root);
  return resolve(asSchema(found), root);
}

function object(schema: Schema, source: Source): object {
  const required = new Set(Array.isArray(schema.required) ? (schema.required as string[]) : []);
  const properties = Object.entries(asSchema(schema.properties));
  const wanted = properties.filter(([name]) => required.has(name) || source.depth < deepest);
  return Object.fromEntries(wanted.map(([name, each]) => [name, value(asSchema(each), source)]));
}

function array(schema: Schema, source: Source): unknown[] {
  const least = Number(schema.minItems ?? 0);
  const length = source.depth < deepest ? Math.max(1, least) : least;
  return Array.from({ length }, () => value(asSchema(schema.items), source));
}

function number(schema: Schema, about: string): number {
  const said = Number(/-?\d+(?:\.\d+)?/.exec(about)?.[0] ?? 1);
  const whole = schema.type === 'integer' ? Math.round(said) : said;
  const least = Math.max(
    Number(schema.minimum ?? -Infinity),
    Number(schema.exclusiveMinimum ?? -Infinity) + 1,
  );
  const most = Math.min(Number(schema.maximum ?? Infinity), Number(schema.exclusiveMaximum ?? Infinity) - 1);
  return Math.min(most, Math.max(least, whole));
}

function text({ minLength, maxLength, format }: Schema, about: string): string {
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  if (format === 'date') return '2026-01-01';
  const said = about.slice(0, Number(maxLength ?? 200));
  return said.padEnd(Number(minLength ?? 0), '.');
}

/** The one that the text names, else the first. */
function chosen(values: readonly unknown[], about: string): unknown {
  const words = new Set(wordsOf(about.toLowerCase()).map((word) => word.text));
  return values.find((each) => words.has(String(each).toLowerCase())) ?? values[0];
}

function asSchema(schema: unknown): Schema {
  return typeof schema === 'object' && schema !== null ? (schema as Schema) : {};
}
