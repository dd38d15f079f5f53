import { tmpdir } from 'node:os';

import { defineRoute } from '#lib/http';
import { readMultipart } from '#lib/multipart';

/** Takes files to disk and answers with their sizes. */
export default defineRoute({
  uploads: true,
  handler: async (_input, event) => {
    await using form = await readMultipart(event, { directory: tmpdir() });
    return form.uploads.map(({ bytes }) => bytes);
  },
});
