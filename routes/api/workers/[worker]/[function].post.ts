import { z } from 'zod';

import { callWorker } from '#lib/functions';
import { defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'Calls a Python function: the body has its arguments by name.',
  params: z.object({ worker: z.string(), function: z.string() }),
  uploads: true,
  handler: async ({ params }, event) => callWorker(event, params),
});
