import { z } from 'zod';

import { getFile, linkAccess } from '#lib/files';
import { defineRoute } from '#lib/http';

export default defineRoute({
  access: linkAccess,
  summary: 'A file, or parts of it',
  scope: 'files',
  params: z.object({ key: z.string() }),
  handler: async ({ params }, event) => getFile(event, params.key),
});
