import { z } from 'zod';

import { defineRoute } from '#lib/http';

export default defineRoute({
  body: z.object({
    question: z.string().min(1),
    context: z.string().optional(),
    model: z.string().optional(),
  }),
  handler: async ({ body }, event) => {
    const { service, requestId } = event.context;
    const { json } = await service.python.invoke({
      worker: 'process_data',
      function: 'qa',
      input: Buffer.from(JSON.stringify(body)),
      requestId,
      signal: event.req.signal,
    });
    const answer = JSON.parse(String(json)) as Record<string, unknown>;
    return { ...answer, backend: service.inference.backend };
  },
});
