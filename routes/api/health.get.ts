import { defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'Tells whether the service takes calls, and how its parts are.',
  access: 'public',
  rateLimit: false,
  handler: (_input, { context: { service } }) => {
    const health = service.health();
    return Response.json(health, { status: health.ok ? 200 : 503, headers: { 'cache-control': 'no-store' } });
  },
});
