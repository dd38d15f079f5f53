import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'read',
  rateLimit: false,
  summary: 'What is counted and measured, for Prometheus',
  handler: async (_input, { context: { service } }) => {
    const { metrics } = service;
    const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' };
    return new Response(await metrics.exposition(), { headers });
  },
});
