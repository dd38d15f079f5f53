import { assets } from '#admin';
import { pageResponse } from '#lib/admin';
import { defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'The admin page, which asks for the key.',
  access: 'public',
  handler: (_input, event) => pageResponse(event, assets['index.html']),
});
