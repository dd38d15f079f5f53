import { defineRoute, readJson } from '#lib/http';
import { callerOf } from '#lib/inference';

export default defineRoute({
  handler: async (_input, event) =>
    event.context.service.inference.openAi.complete(await readJson(event), callerOf(event)),
});
