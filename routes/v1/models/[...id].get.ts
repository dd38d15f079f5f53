import { z } from 'zod';

import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'inference',
  summary: 'One of the models that the inference backends list',
  params: z.object({ id: z.string() }),
  handler: async ({ params }, event) => event.context.service.inference.openAi.model(params.id),
});
