import { defineRoute } from '#lib/http';
import { callerOf, chatBody } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: 'Chat, as OpenAI has it',
  body: chatBody,
  handler: async ({ body }, event) => event.context.service.inference.openAi.chat(body, callerOf(event)),
});
