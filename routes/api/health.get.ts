import { defineRoute } from '#lib/http';

export default defineRoute({
  access: 'public',
  handler: (_input, { context: { service } }) => {
    const health = service.health();
    return Response.json(health, { status: health.ok ? 200 : 503, headers: { 'cache-control': 'no-store' } });
  },
});
