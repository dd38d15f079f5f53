import { z } from 'zod';

import { answerByFunction, defineRoute } from '#lib/http';

export default defineRoute({
  params: z.object({ worker: z.string(), function: z.string() }),
  handler: async ({ params }, event) => answerByFunction(event, params),
});
