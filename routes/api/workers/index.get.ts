import { defineRoute } from '#lib/http';

export default defineRoute({
  handler: async (_input, { context: { service } }) => ({
    workers: await service.python.list(),
    enforcement: service.python.enforcement,
  }),
});
