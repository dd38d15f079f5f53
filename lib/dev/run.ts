import type { Config } from '#lib/config';
import { type Running, runService } from '#lib/server';
import type { Service } from '#lib/service';

import { watchRoutes } from './routes.ts';
import { ensureVenv } from './venv.ts';

/**
 * The development server: the production server over routes that are built anew on change, workers that are loaded
 * anew on change, the mock in place of Hugging Face where there is no token.
 *
 * @throws {StartError}
 */
export async function start({ root }: { readonly root: string }): Promise<void> {
  process.setSourceMapsEnabled(true);
  await ensureVenv(root, ['requirements.txt']);
  const routes = await watchRoutes({ root, onError: (message) => console.error(message) });
  const running = await runService({ root, handler: routes.handler });
  await keepDeclared(root, running.service);
  console.log(banner(running));
}

/** Loads workers anew when they change, and has TypeScript know what they hold. */
async function keepDeclared(root: string, { python, log }: Service): Promise<void> {
  let written: Promise<unknown> = Promise.resolve();
  const declare = () => {
    written = written
      .then(async () => {
        const { writeDeclarations } = await import('#lib/declarations'); // a dependency of development alone
        await writeDeclarations(root, await python.list());
      })
      .catch((error: unknown) => log.error({ message: 'the types of the workers cannot be written', error }));
  };
  await python.watch(declare);
  declare();
}

function inferenceWords(
  { remoteGpuUrl, HF_TOKEN, HEADY_HF_URL }: Config,
  mockUrl: string | undefined,
): string {
  if (mockUrl) return 'mocked: no token, no network';
  const hub = HF_TOKEN ? [`Hugging Face at ${HEADY_HF_URL}`] : [];
  return [...(remoteGpuUrl ? [`the remote GPU at ${remoteGpuUrl}`] : []), ...hub].join(', then ');
}

function banner({ service, url }: Running): string {
  const { config, inference } = service;
  const { mockUrl } = inference;
  const key = config.apiKeyIsGenerated ? config.apiKey : '$HEADY_API_KEY';
  const body = '{"question": "Who built it?", "context": "Gustave Eiffel built the tower in 1889."}';
  return `
  heady-manager  ${url}

  key        ${config.apiKeyIsGenerated ? `${key}  (made for this run; set HEADY_API_KEY to keep one)` : 'HEADY_API_KEY, as set'}
  inference  ${inferenceWords(config, mockUrl)}
${mockUrl ? `  from the shell  HEADY_INFERENCE_URL=${mockUrl} .venv/bin/python workers/process_data.py qa\n` : ''}
  try it
  curl ${url}/api/qa -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\
    -d '${body}'
`;
}
