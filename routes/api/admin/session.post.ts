import { z } from 'zod';

import { hasScope } from '#lib/access';
import { defineRoute, refuseKey } from '#lib/http';

export default defineRoute({
  summary: 'Logs in at the admin page: begins a session, in a cookie, for whoever has a key for it.',
  access: 'public',
  maxBodyBytes: 4096,
  body: z.object({ key: z.string() }),
  handler: async ({ body: { key } }, event) => {
    const { service } = event.context;
    const principal = service.keyring.find(key);
    if (!principal || !hasScope(principal, 'admin')) throw await refuseKey(event);
    await service.sessions.begin(event, principal.name);
    event.context.principal = principal;
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
  },
});
