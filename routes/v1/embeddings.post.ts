import { defineRoute } from '#lib/http';
import { callerOf, embeddingsBody } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: 'Vectors of texts, as OpenAI has them',
  body: embeddingsBody,
  handler: async ({ body }, event) => event.context.service.inference.openAi.embed(body, callerOf(event)),
});
