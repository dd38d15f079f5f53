/** What the build makes of the project: the routes as one request handler, and the server that runs it. */
import { useNitroApp } from 'nitro/app';

import { serveHeadByGet } from '../http/methods.ts';
import { runService } from './run.ts';

const app = useNitroApp();
serveHeadByGet();
if (app.h3) Object.assign(app.h3.config, { silent: true }); // the error handler logs, once

/** Answers a request by the file under `routes/` that it belongs to. */
export const { fetch } = app;

/**
 * Starts the service over the built routes.
 *
 * @throws {StartError}
 */
export async function start({ root }: { readonly root: string }): Promise<void> {
  const { service } = await runService({ root, handler: fetch });
  const { apiKey, apiKeyIsGenerated } = service.config;
  if (apiKeyIsGenerated) console.error(`HEADY_API_KEY is not set; for this run it is ${apiKey}`); // a log line would mask it
}
