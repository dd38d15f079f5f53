import { z } from 'zod';

import { defineRoute } from '#lib/http';
import { answerUpload } from '#lib/uploads';

export default defineRoute({
  scope: 'files',
  summary: 'What of tus there is',
  params: z.object({ id: z.string() }),
  handler: async ({ params }, event) => answerUpload(event, params.id),
});
