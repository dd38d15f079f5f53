import { defineRoute, streamedResponse } from '#lib/http';

export default defineRoute({
  scope: 'admin',
  summary: 'The same as server-sent events, every two seconds, as long as the session lasts.',
  handler: (_input, { context: { service, session } }) => {
    const isLive = () => session === undefined || service.sessions.isLive(session);
    return streamedResponse('text/event-stream', service.admin.events(isLive));
  },
});
