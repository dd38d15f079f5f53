import { z } from 'zod';

import { deleteFile } from '#lib/files';
import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'files',
  summary: 'Deletes a file',
  params: z.object({ key: z.string() }),
  handler: async ({ params }, event) => deleteFile(event, params.key),
});
