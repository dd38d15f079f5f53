import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'read',
  summary: 'Lists all Python functions, with their types and limits, and what this host enforces.',
  handler: (_input, { context: { service } }) => service.listing(),
});
