import { defineRoute } from '#lib/http';
import { answerUpload } from '#lib/uploads';

export default defineRoute({
  scope: 'files',
  summary: 'Begins an upload that can be resumed, by tus',
  uploads: 'raw',
  handler: async (_input, event) => answerUpload(event),
});
