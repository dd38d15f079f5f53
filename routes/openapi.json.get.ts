import { defineRoute } from '#lib/http';
import { openApiDocument } from '#lib/openapi';

export default defineRoute({
  handler: async (_input, { context: { service } }) =>
    openApiDocument({ version: service.version, ...(await service.listing()) }),
});
