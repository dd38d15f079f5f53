import { defineRoute, endlessEvents } from '#lib/http';

export default defineRoute({
  scope: 'admin',
  summary: 'The same as server-sent events, every two seconds, as long as the session lasts.',
  handler: (_input, event) => {
    const { service, session } = event.context;
    const isLive = () => session === undefined || service.sessions.isLive(session);
    return endlessEvents(event, () => service.admin.events(isLive));
  },
});
