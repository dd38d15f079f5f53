import { z } from 'zod';

import { defineRoute } from '#lib/http';
import { workers } from '#workers';

export default defineRoute({
  summary: 'Answers a question, from a context where there is one.',
  body: z.object({
    question: z.string().min(1),
    context: z.string().optional(),
    model: z.string().optional(),
  }),
  handler: async ({ body }, { context: { service, requestId } }) => {
    const answer = await workers.processData.qa(body);
    return { ...answer, backend: service.inference.backendFor(requestId) };
  },
});
