import { defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'The models that the inference backends list',
  handler: async (_input, event) => event.context.service.inference.openAi.models(),
});
