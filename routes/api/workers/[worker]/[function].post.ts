import { z } from 'zod';

import { defineRoute, readJsonBytes } from '#lib/http';

export default defineRoute({
  params: z.object({ worker: z.string(), function: z.string() }),
  handler: async ({ params }, event) => {
    const { service, requestId } = event.context;
    const { json, queueMs, runMs } = await service.python.invoke({
      ...params,
      input: await readJsonBytes(event),
      requestId,
      signal: event.req.signal,
    });
    return new Response(new Uint8Array(json), {
      headers: {
        'content-type': 'application/json',
        'server-timing': `queue;dur=${queueMs.toFixed(1)}, python;dur=${runMs.toFixed(1)}`,
      },
    });
  },
});
