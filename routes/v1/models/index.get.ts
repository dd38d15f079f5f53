import { defineRoute } from '#lib/http';
import { callerOf } from '#lib/inference';

export default defineRoute({
  summary: 'The models that the inference backends list',
  handler: async (_input, event) => event.context.service.inference.openAi.models(callerOf(event).signal),
});
