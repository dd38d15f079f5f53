import { isIP } from 'node:net';

import { isPlainAndPublic } from './plain-and-public.ts';
import { formatDuration } from './units.ts';
import type { Environment } from './variables.ts';

/** Whether the mock answers: where it is asked for, and outside production where there is nothing else. */
export function isMocked(environment: Environment): boolean {
  const isConfigured = environment.HF_TOKEN !== undefined || remoteGpuUrl(environment) !== undefined;
  return environment.HEADY_HF_MOCK ?? (environment.NODE_ENV !== 'production' && !isConfigured);
}

/** The origin of the remote GPU's server: clients mostly want it with `/v1`, which may be left on it. */
export function remoteGpuUrl(environment: Environment): string | undefined {
  const { REMOTE_GPU_URL: url, REMOTE_GPU_HOST: host, REMOTE_GPU_PORT: port } = environment;
  if (url !== undefined) return url.replace(/\/v1$/, '');
  if (host === undefined || port === undefined) return undefined;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

export function warningsAboutInference(environment: Environment): string[] {
  const { REMOTE_GPU_API_KEY: key, HF_TOKEN: token, HEADY_HF_URL: hubUrl } = environment;
  const url = remoteGpuUrl(environment);
  const { HEADY_INFERENCE_FIRST_BYTE_TIMEOUT: firstByteMs, HEADY_INFERENCE_TIMEOUT: totalMs } = environment;
  const warnings: (string | false | undefined)[] = [
    url !== undefined &&
      environment.HEADY_HF_MOCK &&
      'HEADY_HF_MOCK=1: the mock answers, and the remote GPU is not asked.',
    url !== undefined &&
      isPlainAndPublic(url) &&
      `The remote GPU at ${url} is asked over plain http at a public address: what is sent${key ? ', REMOTE_GPU_API_KEY too,' : ''} can be read on the way. Use REMOTE_GPU_URL=https://…`,
    token !== undefined &&
      isPlainAndPublic(hubUrl) &&
      `HEADY_HF_URL is ${hubUrl}, plain http at a public address: what is sent, HF_TOKEN too, can be read on the way. Use https.`,
    key !== undefined &&
      url === undefined &&
      'REMOTE_GPU_API_KEY is set, and no remote GPU: it has no effect.',
    firstByteMs > totalMs &&
      `HEADY_INFERENCE_FIRST_BYTE_TIMEOUT (${formatDuration(firstByteMs)}) is longer than HEADY_INFERENCE_TIMEOUT (${formatDuration(totalMs)}), which ends a call first.`,
  ];
  return warnings.filter((warning) => typeof warning === 'string');
}
