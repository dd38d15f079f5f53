import { defineRoute } from '#lib/http';

export default defineRoute({ handler: (_input, { context: { service } }) => service.listing() });
