import { z } from 'zod';

import { defineRoute } from '#lib/http';
import { answerUpload } from '#lib/uploads';

export default defineRoute({
  scope: 'files',
  summary: 'Goes on with an upload, by tus',
  params: z.object({ id: z.string() }),
  uploads: 'raw',
  handler: async ({ params }, event) => answerUpload(event, params.id),
});
