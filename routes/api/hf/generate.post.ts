import { acceptedItemFormat, itemStreamResponse } from '#lib/functions';
import { defineRoute } from '#lib/http';
import { callerOf, generateBody, headersOf } from '#lib/inference';

export default defineRoute({
  scope: 'inference',
  summary: 'Text for a prompt, whole or piece by piece',
  body: generateBody,
  handler: async ({ body }, event) => {
    const { service, requestId } = event.context;
    const { tasks } = service.inference;
    const format = acceptedItemFormat(event) ?? (body.stream ? 'text/event-stream' : undefined);
    if (!format) {
      const generated = await tasks.generate(body, callerOf(event));
      return Response.json(generated, { headers: headersOf(generated) });
    }
    const { pieces, ...answerer } = await tasks.generatePieces(body, callerOf(event));
    const { production } = service.config;
    return itemStreamResponse(pieces, { format, requestId, production, headers: headersOf(answerer) });
  },
});
