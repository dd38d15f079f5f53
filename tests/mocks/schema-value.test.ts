import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type MockServer, startMock } from '../../mocks/index.ts';

let mock: MockServer;
beforeAll(async () => {
  mock = await startMock({ port: 0, server: 'openai' });
});
afterAll(async () => mock.close());

async function answerTo(content: string, schema: object): Promise<unknown> {
  const response = await fetch(`${mock.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/gpt-oss-20b',
      messages: [{ role: 'user', content }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return JSON.parse(choices[0]?.message.content ?? '');
}

const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

it.each([
  ['all of several', { allOf: [{ minimum: 3 }, { type: 'integer', minimum: 1, maximum: 5 }] }],
  [
    'properties beside alternatives',
    { ...object({ kind: { const: 'x' } }), additionalProperties: true, anyOf: [{ required: ['a'] }] },
  ],
  ['a list that must have a next', object({ next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } })],
  ['a tree', object({ branches: { type: 'array', items: { $ref: '#' } } })],
  [
    'a tree of two kinds, the recursive one first',
    {
      $ref: '#/$defs/Term',
      $defs: {
        Term: { anyOf: [{ $ref: '#/$defs/Sum' }, { $ref: '#/$defs/Leaf' }] },
        Sum: object({ left: { $ref: '#/$defs/Term' }, right: { $ref: '#/$defs/Term' } }),
        Leaf: object({ value: { type: 'integer' } }),
      },
    },
  ],
  ['a name with a slash', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'boolean' } } }],
  ['an open interval', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
  ['steps', { type: 'integer', minimum: 7, multipleOf: 5 }],
  ['a whole number above a fraction', { type: 'integer', minimum: 1.5 }],
  ['a tuple', { prefixItems: [{ type: 'integer' }, { type: 'string' }], minItems: 2, maxItems: 2 }],
  ['no item', { type: 'array', maxItems: 0 }],
  ['a property that is not described', { type: 'object', required: ['a'] }],
  ['a text that is long enough', { type: 'string', minLength: 20 }],
  ['a text that is short enough', { type: 'string', maxLength: 1 }],
])('is held to %s', async (_, schema) => {
  const isValid = new Ajv2020({ strict: false }).compile(schema);
  for (const text of ['Rome for 300 days', '😀😀', '-4.5']) {
    isValid(await answerTo(text, schema));
    expect(isValid.errors).toBeNull();
  }
});
