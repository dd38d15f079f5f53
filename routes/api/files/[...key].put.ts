import { z } from 'zod';

import { putFile } from '#lib/files';
import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'files',
  summary: 'Stores the body as a file',
  params: z.object({ key: z.string() }),
  query: z.object({ durability: z.enum(['persistent', 'ephemeral']).optional() }),
  uploads: 'raw',
  handler: async ({ params: { key: name }, query: { durability } }, event) =>
    putFile(event, { name, durability }),
});
