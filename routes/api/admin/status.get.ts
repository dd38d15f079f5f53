import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'admin',
  summary: 'How the service is: its parts, its functions, the last invocations, what it is configured with.',
  handler: async (_input, { context: { service } }) =>
    new Response(await service.admin.status(), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    }),
});
