import { z } from 'zod';

import { checkKey, defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'Logs in at the admin page: begins a session, in a cookie, for whoever has the key.',
  access: 'public',
  maxBodyBytes: 4096,
  body: z.object({ key: z.string() }),
  handler: async ({ body: { key } }, event) => {
    checkKey(event, key);
    await event.context.service.sessions.begin(event);
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
  },
});
