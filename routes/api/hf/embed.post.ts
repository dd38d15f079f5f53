import { defineRoute } from '#lib/http';
import { callerOf, embedBody, headersOf } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: 'One vector for each text',
  body: embedBody,
  handler: async ({ body }, event) => {
    const embeddings = await event.context.service.inference.tasks.embed(body, callerOf(event));
    return Response.json(embeddings, { headers: headersOf(embeddings) });
  },
});
