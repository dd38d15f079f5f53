import { z } from 'zod';

import { defineRoute } from '#lib/http';

const node = z.object({
  name: z.string(),
  at: z.date().optional(),
  get children() {
    return z.array(node).optional();
  },
});

export default defineRoute({
  summary: 'Keeps a tree.',
  access: 'public',
  params: z.object({ id: z.coerce.number().int().meta({ description: 'Which.' }) }),
  query: z.object({ deep: z.enum(['yes', 'no']).default('no'), at: z.string() }),
  body: node,
  response: z.object({ kept: z.boolean() }),
  handler: ({ params, query, body }) => ({ kept: query.deep === 'yes' && params.id === body.name.length }),
});
