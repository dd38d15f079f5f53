import { z } from 'zod';

import { assets } from '#admin';
import { pageResponse } from '#lib/admin';
import { defineRoute } from '#lib/http';

export default defineRoute({
  summary: 'A file of the admin page.',
  access: 'public',
  params: z.object({ asset: z.string() }),
  handler: ({ params: { asset } }, event) =>
    pageResponse(event, Object.hasOwn(assets, asset) ? assets[asset] : undefined),
});
