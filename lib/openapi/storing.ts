import type { Schema } from '#lib/json-schema';

/** An operation that answers with a file, and can be told to store it. */
export function storing<Operation extends { readonly responses: Schema }>(operation: Operation): Schema {
  const { responses } = operation;
  const whole = responses['200'] as { readonly content: Schema };
  return {
    ...operation,
    parameters: [store, durability],
    responses: {
      ...responses,
      200: {
        description:
          'The returned file; or, where `store` names a key, what is known of the file that replaced another.',
        content: { ...whole.content, ...storedContent },
      },
      201: {
        description: 'The file is stored under the key that `store` names.',
        headers,
        content: storedContent,
      },
    },
  };
}

const store = {
  name: 'store',
  in: 'query',
  required: false,
  description: 'The key to store the returned file under, instead of answering with it.',
  schema: { type: 'string' },
};

const durability = {
  name: 'durability',
  in: 'query',
  required: false,
  description: 'Whether a stored file has to outlast a deploy.',
  schema: { type: 'string', enum: ['persistent', 'ephemeral'] },
};

const headers = { location: { description: 'Where the file is.', schema: { type: 'string' } } };

const text = { type: 'string' };
const facts = {
  key: text,
  bytes: { type: 'integer' },
  etag: text,
  type: text,
  modifiedAt: { type: 'string', format: 'date-time' },
  durability: durability.schema,
  metadata: { type: 'object', additionalProperties: text },
};
const storedContent = {
  'application/json': { schema: { type: 'object', required: Object.keys(facts), properties: facts } },
};
