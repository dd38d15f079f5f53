import { z } from 'zod';

import { makeLink } from '#lib/files';
import { defineRoute } from '#lib/http';

const week = 7 * 24 * 60 * 60;

export default defineRoute({
  scope: 'files',
  summary: 'A link by which a file can be read without the key for a while',
  body: z.strictObject({
    key: z.string(),
    /** Seconds. */
    expiresIn: z.number().int().min(1).max(week).default(3600),
  }),
  response: z.object({
    url: z.string(),
    expiresAt: z.iso.datetime(),
    durability: z.enum(['persistent', 'ephemeral']),
  }),
  handler: async ({ body: { key, expiresIn } }, event) => makeLink(event, key, expiresIn),
});
