import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'inference',
  summary: 'The models that the inference backends list',
  handler: async (_input, event) => event.context.service.inference.openAi.models(),
});
