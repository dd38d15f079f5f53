import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'admin',
  summary: 'Logs out: ends the session of the request.',
  handler: (_input, event) => {
    const { service, session } = event.context;
    if (session) service.sessions.end(event, session);
    return new Response(null, { status: 204 });
  },
});
