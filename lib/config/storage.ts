import { isPlainAndPublic } from './plain-and-public.ts';
import type { Environment } from './variables.ts';

export function warningsAboutStorage({ S3_BUCKET: bucket, S3_ENDPOINT: endpoint }: Environment): string[] {
  if (endpoint === undefined) return [];
  if (bucket === undefined) return ['S3_ENDPOINT is set, and S3_BUCKET is not: it has no effect.'];
  return isPlainAndPublic(endpoint)
    ? [`S3_ENDPOINT is ${endpoint}, plain http at a public address: files can be read on the way. Use https.`]
    : [];
}
