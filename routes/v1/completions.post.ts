import { defineRoute } from '#lib/http';
import { callerOf, completionBody } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: "A prompt's completion, as OpenAI has it",
  body: completionBody,
  handler: async ({ body }, event) => event.context.service.inference.openAi.complete(body, callerOf(event)),
});
