import { z } from 'zod';

import { defineRoute } from '#lib/http';
import { callerOf } from '#lib/inference';

export default defineRoute({
  params: z.object({ id: z.string() }),
  handler: async ({ params }, event) =>
    event.context.service.inference.openAi.model(decodeURIComponent(params.id), callerOf(event).signal),
});
