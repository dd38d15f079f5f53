import { z } from 'zod';

import { postFile } from '#lib/files';
import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'files',
  summary: 'Stores the file of a form',
  params: z.object({ key: z.string() }),
  query: z.object({ durability: z.enum(['persistent', 'ephemeral']).optional() }),
  uploads: true,
  handler: async ({ params: { key: name }, query: { durability } }, event) =>
    postFile(event, { name, durability }),
});
