import { defineRoute } from '#lib/http';

export default defineRoute({
  handler: async (_input, { context: { service } }) => ({
    workers: await service.python.list(),
    routes: await service.python.listRoutes(),
    enforcement: service.python.enforcement,
  }),
});
