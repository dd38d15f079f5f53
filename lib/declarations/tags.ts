import type { Schema } from '#lib/json-schema';

/** Keywords that TypeScript has no types for, besides `default`; those of lists the library tells by itself. */
const constraints = [
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minProperties',
  'maxProperties',
];

/** The schema with its constraints and its default in the description, as tags: `@minimum 1`. */
export function withTags(schema: Schema): Schema {
  const tags = tagsOf(schema);
  if (tags.length === 0) return schema;
  const { description } = schema;
  return { ...schema, description: [...(description ? [description, ''] : []), ...tags].join('\n') };
}

/** Those of alternatives as well: each keyword is about one type of value, so that they do not contradict. */
function tagsOf(schema: Schema): string[] {
  const { anyOf = [], default: given, format } = schema;
  return [
    ...constraints
      .filter((keyword) => keyword in schema && format !== 'binary')
      .map((keyword) => `@${keyword} ${String(schema[keyword])}`),
    ...(anyOf as readonly Schema[]).flatMap(tagsOf),
    ...(given === undefined ? [] : [`@default ${JSON.stringify(given)}`]),
  ];
}
