import { defineRoute } from '#lib/http';
import { openApiDocument } from '#lib/openapi';
import { routes } from '#routes';

export default defineRoute({
  scope: 'read',
  summary: 'Describes the API as OpenAPI 3.1.',
  handler: async (_input, { context: { service } }) => {
    const { workers, routes: python } = await service.listing();
    return openApiDocument({ version: service.version, workers, python, routes });
  },
});
