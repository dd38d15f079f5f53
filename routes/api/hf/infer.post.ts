import { defineRoute } from '#lib/http';
import { answerResponse, callerOf, headersOf, inferBody } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: 'Inference by task',
  body: inferBody,
  handler: async ({ body }, event) => {
    const answer = await event.context.service.inference.tasks.infer(body, callerOf(event));
    return answerResponse(answer, headersOf(answer));
  },
});
