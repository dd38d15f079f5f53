import { z } from 'zod';

import { defineRoute } from '#lib/http';
import { answerUpload } from '#lib/uploads';

export default defineRoute({
  scope: 'files',
  summary: 'The same for clients that can send no PATCH or DELETE, by X-HTTP-Method-Override',
  params: z.object({ id: z.string() }),
  uploads: 'raw',
  handler: async ({ params }, event) => answerUpload(event, params.id),
});
