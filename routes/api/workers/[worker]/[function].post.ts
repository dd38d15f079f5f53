import { z } from 'zod';

import { callWorker } from '#lib/functions';
import { defineRoute } from '#lib/http';

export default defineRoute({
  summary:
    'Calls a Python function: the body has its arguments by name. `store` keeps the file that it returns.',
  params: z.object({ worker: z.string(), function: z.string() }),
  query: z.object({
    store: z.string().optional(),
    durability: z.enum(['persistent', 'ephemeral']).optional(),
  }),
  uploads: true,
  handler: async ({ params, query }, event) => callWorker(event, params, query),
});
