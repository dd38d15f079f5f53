import { defineRoute } from '#lib/http';
import { answerUpload } from '#lib/uploads';

export default defineRoute({
  scope: 'files',
  summary: 'What of tus there is, and how large an upload may be',
  handler: async (_input, event) => answerUpload(event),
});
