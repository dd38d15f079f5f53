import { asSchema, ends, itemsOf, type Place, requiredOf, type Schema, settle } from './schema.ts';
import { wordsOf } from './words.ts';

/** What a value is about, besides where it stands. */
interface Source extends Place {
  readonly about: string;
}

/**
 * A value that fits a JSON Schema, as a model gives it that is held to one: texts are those that it is about, numbers the
 * first that stands there. It knows what models are given: types, `enum` and `const`, bounds, formats, nesting, tuples,
 * `$ref` and alternatives; not `pattern`, `not`, `uniqueItems` and conditions.
 */
export function valueFor(schema: unknown, about: string): unknown {
  return made(schema, { root: asSchema(schema), open: new Set(), about });
}

function made(asked: unknown, { about, ...place }: Source): unknown {
  const settled = settle(asked, place);
  if (!settled) return null; // no value of it ends
  const { schema } = settled;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return chosen(schema.enum, about);
  const type = typeOf(schema);
  if (type === 'object') return object(schema, { ...settled.place, about });
  if (type === 'array') return array(schema, { ...settled.place, about });
  if (type === 'number' || type === 'integer') return number(schema, about);
  if (type === 'boolean') return !/\b(?:no|not|never)\b/i.test(about);
  return type === 'null' ? null : text(schema, about);
}

function typeOf(schema: Schema): unknown {
  const [type] = [schema.type ?? []].flat();
  if (type !== undefined) return type;
  if (schema.properties || schema.required) return 'object';
  return schema.items || schema.prefixItems ? 'array' : 'string';
}

function object(schema: Schema, source: Source): object {
  const required = requiredOf(schema);
  const properties = asSchema(schema.properties);
  const optional = Object.keys(properties).filter((name) => ends(properties[name], source));
  const names = [...new Set([...optional, ...required])];
  return Object.fromEntries(names.map((name) => [name, made(properties[name], source)]));
}

/** One item, where there may and can be one, or as many as there must be. */
function array(schema: Schema, source: Source): unknown[] {
  const least = Number(schema.minItems ?? 0);
  const wanted = Math.min(Number(schema.maxItems ?? Infinity), Math.max(1, least));
  const items = itemsOf(schema, wanted);
  const canBe = items.every((item) => ends(item, source));
  return (canBe ? items : items.slice(0, least)).map((item) => made(item, source));
}

/** The number that is said where it fits, else one at the bound that it is beyond, or between the two. */
function number(schema: Schema, about: string): number {
  const said = Number(/-?\d+(?:\.\d+)?/.exec(about)?.[0] ?? 1);
  const step = Number(schema.multipleOf ?? (schema.type === 'integer' ? 1 : 0));
  const least = Number(schema.minimum ?? schema.exclusiveMinimum ?? -Infinity);
  const most = Number(schema.maximum ?? schema.exclusiveMaximum ?? Infinity);
  const atBound = said < least ? [least, least + (step || 1)] : [most, most - (step || 1)];
  const candidates = [said, ...atBound, (least + most) / 2].flatMap((each) => onStep(each, step));
  return candidates.find((each) => isWithin(each, schema)) ?? said;
}

function onStep(value: number, step: number): number[] {
  const turns = [Math.round, Math.floor, Math.ceil];
  return step > 0 ? turns.map((turn) => turn(value / step) * step) : [value];
}

function isWithin(value: number, schema: Schema): boolean {
  return (
    Number.isFinite(value) &&
    value >= Number(schema.minimum ?? -Infinity) &&
    value > Number(schema.exclusiveMinimum ?? -Infinity) &&
    value <= Number(schema.maximum ?? Infinity) &&
    value < Number(schema.exclusiveMaximum ?? Infinity)
  );
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'mock@example.com',
  ipv4: '192.0.2.1',
  time: '00:00:00Z',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** Lengths count code points, of which some are two of JavaScript's units. */
function text({ minLength, maxLength, format }: Schema, about: string): string {
  const formatted = formats[String(format)];
  if (formatted !== undefined) return formatted;
  const said = [...about].slice(0, Number(maxLength ?? 200));
  return said.join('') + '.'.repeat(Math.max(0, Number(minLength ?? 0) - said.length));
}

/** The one that the text names, else the first. */
function chosen(values: readonly unknown[], about: string): unknown {
  const words = new Set(wordsOf(about.toLowerCase()).map((word) => word.text));
  return values.find((each) => words.has(String(each).toLowerCase())) ?? values[0];
}
