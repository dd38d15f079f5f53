import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';

import { isMocked, remoteGpuUrl, warningsAboutInference } from './inference.ts';
import { instanceMemoryBytes } from './instance.js';
import { warningsAboutStorage } from './storage.ts';
import { formatDuration } from './units.ts';
import { type Environment, type VariableName, variables } from './variables.ts';
import { weaknessOf } from './weak-key.ts';

/** What the service runs with: the environment's values with every computed default filled in. */
export interface Config extends Environment {
  readonly production: boolean;
  /** The key in force; `apiKeyIsGenerated` says that it was made at this start. */
  readonly apiKey: string;
  readonly apiKeyIsGenerated: boolean;
  readonly mockInference: boolean;
  /** Origin of the remote GPU's server, where there is one. */
  readonly remoteGpuUrl: string | undefined;
  /** Where clients find the service, without a slash at its end; undefined where nobody has said. */
  readonly publicUrl: string | undefined;
  readonly logFormat: 'json' | 'pretty';
  readonly trustedHops: number;
  /** Patterns of the origins that browsers may call from. */
  readonly corsOrigins: readonly string[];
  readonly instanceMemoryBytes: number;
  readonly pyMemoryBytes: number;
  /** The project's root: `routes/`, `workers/` and `.venv` are in it. */
  readonly root: string;
  /** All variables that are set, those of the user's own functions too. */
  readonly environment: Raw;
  /** Values never to be printed, by the name of their variable. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Worth a line at start, but no reason not to start. */
  readonly warnings: readonly string[];
}

/** Everything wrong with the environment, one line a problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

type Raw = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the whole environment at once.
 *
 * @throws {ConfigError} with one line for every problem found.
 */
export function loadConfig(raw: Raw, root: string): Config {
  const set = Object.fromEntries(Object.entries(raw).filter(([, value]) => value?.trim()));
  const parsed = Object.entries(variables).map(
    ([name, { schema }]) => [name, schema.safeParse(set[name])] as const,
  );
  const problems = parsed.flatMap(([name, result]) =>
    result.success ? [] : [explain(name, set[name], result.error)],
  );
  const environment = Object.fromEntries(parsed.map(([name, result]) => [name, result.data])) as Environment;
  problems.push(...crossChecks(environment, set));
  if (problems.length > 0) throw new ConfigError(problems);
  return complete(environment, { root, warnings: warningsAbout(environment, set), set });
}

function explain(name: string, value: string | undefined, error: z.ZodError): string {
  const variable = variables[name as VariableName];
  const isSecret = variable.secret || value?.includes('@'); // an address may have a password
  const shown = isSecret ? 'its value' : `'${value}'`;
  const reasons = error.issues
    .map((issue) => issue.message.replace(/^Invalid (option|input): /, ''))
    .join('; ');
  return `${name}: ${shown} is not valid: ${reasons}. ${variable.description}`;
}

function crossChecks(environment: Environment, set: Raw): string[] {
  const problems: string[] = [];
  const production = environment.NODE_ENV === 'production';
  const remoteGpu = remoteGpuUrl(environment);
  if (production && !environment.HEADY_API_KEY)
    problems.push(`HEADY_API_KEY is not set: production needs a key. ${howToMakeOne}`);
  for (const name of ['HEADY_API_KEY', 'HEADY_API_KEY_PREVIOUS'] as const) {
    const weakness = production && environment[name] !== undefined && weaknessOf(environment[name]);
    if (weakness) problems.push(`${name} ${weakness}. ${howToMakeOne}`);
  }
  if (production && !environment.HF_TOKEN && !environment.HEADY_HF_MOCK && !remoteGpu)
    problems.push(
      'HF_TOKEN is not set: inference needs it in production. Set it, or HEADY_HF_MOCK=1 to answer from the mock.',
    );
  if (environment.REMOTE_GPU_HOST && environment.REMOTE_GPU_URL)
    problems.push('REMOTE_GPU_URL, REMOTE_GPU_HOST: both are set, and say the same. Set one of them.');
  for (const group of togetherOrNotAtAll) {
    const missing = group.filter((name) => set[name] === undefined);
    if (missing.length > 0 && missing.length < group.length)
      problems.push(
        `${missing.join(', ')}: not set, while ${group.filter((name) => !missing.includes(name)).join(', ')} is. Set all of them or none.`,
      );
  }
  return problems;
}

const howToMakeOne = 'Make one by `npm run heady -- key`, or by `openssl rand -hex 32`.';

const togetherOrNotAtAll: readonly (readonly VariableName[])[] = [
  ['REMOTE_GPU_HOST', 'REMOTE_GPU_PORT'],
  ['GITHUB_APP_ID', 'GITHUB_APP_PRIVATE_KEY', 'GITHUB_APP_WEBHOOK_SECRET'],
  ['S3_BUCKET', 'S3_REGION', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
];

function warningsAbout(environment: Environment, set: Raw): string[] {
  const planned = Object.entries(variables).flatMap(([name, variable]) =>
    variable.planned && set[name] ? [name] : [],
  );
  const idle = planned.length > 0 ? [`set, and without effect in this version: ${planned.join(', ')}`] : [];
  const unknown = Object.keys(set)
    .filter((name) => name.startsWith('HEADY_') && !(name in variables))
    .map((name) => `${name} is set, not known and without effect${nearest(name)}`);
  const drain =
    environment.HEADY_SHUTDOWN_TIMEOUT < environment.HEADY_PY_TIMEOUT
      ? [
          `HEADY_SHUTDOWN_TIMEOUT (${formatDuration(environment.HEADY_SHUTDOWN_TIMEOUT)}) is shorter than HEADY_PY_TIMEOUT (${formatDuration(environment.HEADY_PY_TIMEOUT)}): a deploy may cut calls short.`,
        ]
      : [];
  return [
    ...idle,
    ...unknown,
    ...drain,
    ...warningsAboutInference(environment),
    ...warningsAboutStorage(environment),
  ];
}

function nearest(name: string): string {
  const close = Object.keys(variables).find((known) => distance(known, name) <= 2);
  return close ? `: did you mean ${close}?` : '';
}

/** On any port: a browser application in development is served by a server of its own. */
const localOrigins = ['http', 'https'].flatMap((scheme) =>
  ['localhost', '127.0.0.1', '[::1]'].map((host) => `${scheme}://${host}:*`),
);

function complete(
  environment: Environment,
  { root, warnings, set }: { root: string; warnings: string[]; set: Raw },
): Config {
  const production = environment.NODE_ENV === 'production';
  const apiKey = environment.HEADY_API_KEY ?? `heady_${randomBytes(24).toString('base64url')}`;
  const memory = instanceMemoryBytes();
  return {
    ...environment,
    production,
    apiKey,
    apiKeyIsGenerated: environment.HEADY_API_KEY === undefined,
    mockInference: isMocked(environment),
    remoteGpuUrl: remoteGpuUrl(environment),
    publicUrl: (environment.HEADY_PUBLIC_URL ?? set.RENDER_EXTERNAL_URL)?.replace(/\/+$/, ''),
    logFormat: environment.HEADY_LOG_FORMAT ?? (production ? 'json' : 'pretty'),
    trustedHops: environment.HEADY_TRUST_PROXY ?? (set.RENDER ? 2 : 0),
    corsOrigins: environment.HEADY_CORS_ORIGINS ?? (production ? [] : localOrigins),
    instanceMemoryBytes: memory,
    pyMemoryBytes:
      environment.HEADY_PY_MEMORY ?? Math.min(512 * 1024 ** 2, Math.max(128 * 1024 ** 2, memory / 4)),
    root: resolve(root),
    environment: set,
    secrets: secretsOf(set, apiKey),
    warnings,
  };
}

function secretsOf(set: Raw, apiKey: string): Map<string, string> {
  const named = Object.entries(variables).flatMap(([name, { secret }]) => {
    const value = set[name]?.trim();
    return secret && value ? [[name, value] as const] : [];
  });
  return new Map([...named, ['HEADY_API_KEY', apiKey]]);
}
