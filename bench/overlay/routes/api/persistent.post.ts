import { defineRoute, readJsonBytes } from '#lib/http';

import { PersistentClient } from '../../persistent/client.ts';

let client: Promise<PersistentClient> | undefined;

/** The same function in one unisolated process, behind the same server: key, request id, body limit and log as for a worker. */
export default defineRoute({
  handler: async (_input, event) => {
    client ??= PersistentClient.start(process.env.BENCH_PYTHON ?? '', process.env.BENCH_PERSISTENT ?? '');
    const answer = await (await client).call(await readJsonBytes(event));
    return new Response(new Uint8Array(answer), { headers: { 'content-type': 'application/json' } });
  },
});
