import { z } from 'zod';

import { listEntry } from '#lib/files';
import { defineRoute } from '#lib/http';

export default defineRoute({
  scope: 'files',
  summary: 'Files by the beginning of their keys, page by page',
  query: z.object({
    prefix: z.string().max(1024).default(''),
    cursor: z.string().max(1024).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    durability: z.enum(['persistent', 'ephemeral']).optional(),
  }),
  handler: async ({ query: { prefix, cursor, limit, durability: asked } }, event) => {
    const { durability, store } = event.context.service.files.mount(asked);
    const page = await store.list({ prefix, limit, ...(cursor !== undefined && { cursor }) });
    return { files: page.files.map((file) => listEntry(file, durability)), cursor: page.cursor ?? null };
  },
});
