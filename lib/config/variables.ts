import { z } from 'zod';

import { apiKeys } from './api-keys.ts';
import { origins } from './origins.ts';
import { parseBytes, parseDuration } from './units.ts';

/** Where a variable's value comes from on Render. */
export type Source = 'blueprint' | 'group' | 'render' | 'computed' | 'optional';

export interface Variable<T extends z.ZodType = z.ZodType> {
  readonly schema: T;
  readonly description: string;
  readonly source: Source;
  /** The literal in `render.yaml`; exactly the variables of source `blueprint` have one. */
  readonly blueprint?: string;
  /** How the default reads in the documentation. */
  readonly default?: string;
  readonly secret?: true;
  /** Part of the contract, but without effect in this version: setting it is a start-up warning. */
  readonly planned?: true;
}

/** An empty string counts as unset, as dashboards and `.env` files leave variables empty rather than out. */
const text = z.string().trim().min(1);
const count = (min: number, max = 1_000_000) => z.coerce.number().int().min(min).max(max);
const url = z
  .url({ protocol: /^https?$/ })
  .refine((value) => !URL.parse(value)?.username, 'expected an address without a user')
  .transform((value) => value.replace(/\/+$/, ''));
const flag = z
  .enum(['1', '0', 'true', 'false', 'on', 'off'])
  .transform((value) => ['1', 'true', 'on'].includes(value));

const bytes = quantity(parseBytes, 'a size such as 512MB');
const duration = quantity(parseDuration, 'a duration such as 90s, of at most 24 days');
const someTime = duration.refine((ms) => ms > 0, 'expected more than no time');
/** What may stand in a header. */
const token = text.regex(/^[!-~]+$/, 'expected one line without blanks');

/**
 * Every variable that the service reads, once. `.env.example`, the table in `docs/configuration.md`, the checks at
 * start and the test of `render.yaml` all come from here.
 */
export const variables = {
  NODE_ENV: define({
    schema: z.enum(['production', 'development', 'test']).default('development'),
    description: 'Production refuses weak settings and hides internals in errors.',
    source: 'blueprint',
    blueprint: 'production',
  }),
  PORT: define({
    schema: count(0, 65_535).default(3000),
    description: 'TCP port to listen on; 0 picks a free one.',
    source: 'render',
  }),
  HOST: define({ schema: text.default('0.0.0.0'), description: 'Address to listen on.', source: 'optional' }),
  HEADY_API_KEY: define({
    schema: token.optional(),
    description: 'Key of the API and of the admin page; 32 characters or more in production.',
    source: 'group',
    default: 'required in production; outside it a random one is made and printed once',
    secret: true,
  }),
  HEADY_API_KEY_PREVIOUS: define({
    schema: token.optional(),
    description: 'The key before this one, accepted as well: rotation without an outage.',
    source: 'optional',
    secret: true,
  }),
  HEADY_API_KEYS: define({
    schema: apiKeys.optional(),
    description: 'Further keys with names and scopes, as hashes, in JSON; `npm run heady -- key` makes one.',
    source: 'optional',
    secret: true,
  }),
  HF_TOKEN: define({
    schema: token.optional(),
    description: 'Hugging Face token. Only the inference gateway holds it; no Python process ever sees it.',
    source: 'group',
    default: 'required in production unless the mock or a remote GPU is configured',
    secret: true,
  }),
  HF_TEXT_MODEL: define({
    schema: text.default('openai/gpt-oss-20b'),
    description: 'Model for chat and text generation where a call names none.',
    source: 'optional',
  }),
  HF_EMBED_MODEL: define({
    schema: text.default('sentence-transformers/all-MiniLM-L6-v2'),
    description: 'Model for embeddings where a call names none.',
    source: 'optional',
  }),
  HF_MAX_CONCURRENCY: define({
    schema: count(1).default(4),
    description: 'Calls to the inference backends at once.',
    source: 'blueprint',
    blueprint: '4',
  }),
  HEADY_HF_URL: define({
    schema: url.default('https://router.huggingface.co'),
    description: 'Where inference goes; `npm run mock` can stand there.',
    source: 'optional',
  }),
  HEADY_HF_MOCK: define({
    schema: flag.optional(),
    description: 'Answers inference from the built-in mock.',
    source: 'optional',
    default: 'on outside production when HF_TOKEN is unset',
  }),
  REMOTE_GPU_HOST: define({
    schema: text.regex(/^[\w.:-]+$/, 'expected a host name or an address').optional(),
    description: 'Host of an OpenAI-compatible server, tried first.',
    source: 'optional',
  }),
  REMOTE_GPU_PORT: define({
    schema: count(1, 65_535).optional(),
    description: 'Port of that server.',
    source: 'optional',
  }),
  REMOTE_GPU_URL: define({
    schema: url.optional(),
    description: 'The same as one https address.',
    source: 'optional',
  }),
  REMOTE_GPU_API_KEY: define({
    schema: token.optional(),
    description: 'Key of that server.',
    source: 'optional',
    secret: true,
  }),
  HEADY_INFERENCE_CACHE_TTL: define({
    schema: someTime.optional(),
    description: 'How long embeddings are cached.',
    source: 'optional',
    default: 'off',
  }),
  HEADY_INFERENCE_DAILY_TOKENS: define({
    schema: count(1, Number.MAX_SAFE_INTEGER).optional(),
    description: 'Tokens that inference may use in a day (UTC).',
    source: 'optional',
    default: 'unlimited',
  }),
  HEADY_INFERENCE_CONNECT_TIMEOUT: define({
    schema: someTime.prefault('3s'),
    description: 'Time for a connection to an inference backend.',
    source: 'optional',
  }),
  HEADY_INFERENCE_FIRST_BYTE_TIMEOUT: define({
    schema: someTime.prefault('60s'),
    description: 'Time for its answer to begin, and between two pieces of it.',
    source: 'optional',
  }),
  HEADY_INFERENCE_TIMEOUT: define({
    schema: someTime.prefault('120s'),
    description: 'Time for a whole inference call, retries and waiting included.',
    source: 'optional',
  }),
  HEADY_PUBLIC_URL: define({
    schema: url.optional(),
    description: 'Absolute links are built from it, never from Host.',
    source: 'computed',
    default: 'RENDER_EXTERNAL_URL, else links are relative',
  }),
  HEADY_PY_MAX_CONCURRENCY: define({
    schema: count(1, 256).default(2),
    description: 'Python invocations at once.',
    source: 'blueprint',
    blueprint: '2',
  }),
  HEADY_PY_MAX_QUEUE: define({
    schema: count(0).default(64),
    description: 'Python invocations that may wait; beyond it 503 with Retry-After.',
    source: 'optional',
  }),
  HEADY_PY_QUEUE_TIMEOUT: define({
    schema: duration.prefault('30s'),
    description: 'How long an invocation may wait.',
    source: 'optional',
  }),
  HEADY_PY_TIMEOUT: define({
    schema: duration.prefault('90s'),
    description: "Default of a function's wall time.",
    source: 'optional',
  }),
  HEADY_PY_CPU: define({
    schema: duration.prefault('60s'),
    description: "Default of a function's CPU time.",
    source: 'optional',
  }),
  HEADY_PY_MEMORY: define({
    schema: bytes.optional(),
    description:
      "Default of a function's memory: proportional set size of its whole process tree, less an idle child's.",
    source: 'computed',
    default: "a quarter of the instance's memory, 128MB to 512MB",
  }),
  HEADY_PY_OUTPUT: define({
    schema: bytes.prefault('8MB'),
    description: "Default of the size of a function's result.",
    source: 'optional',
  }),
  HEADY_PYTHON_BIN: define({
    schema: text.optional(),
    description: 'Python interpreter, 3.11 or newer.',
    source: 'computed',
    default: '`.venv/bin/python`, else `python3`',
  }),
  HEADY_PY_IMPORT_TIMEOUT: define({
    schema: duration.prefault('30s'),
    description: 'Time that a worker file may take to be imported.',
    source: 'optional',
  }),
  HEADY_PY_LOAD: define({
    schema: z.enum(['ahead', 'when-called']).default('ahead'),
    description:
      'When workers that do not say `warm=True` are loaded: `ahead`, as far as there is memory, so that no caller pays for an import, or each `when-called`.',
    source: 'optional',
  }),
  HEADY_PY_ISOLATION: define({
    schema: z.enum(['request', 'spawn']).default('request'),
    description:
      'How a call gets a process of its own: `request` forks one, `spawn` starts an interpreter for each.',
    source: 'optional',
  }),
  HEADY_PY_SANDBOX: define({
    schema: z.enum(['off', 'auto', 'require']).default('auto'),
    description: 'Whether children are confined by the kernel.',
    source: 'optional',
  }),
  HEADY_RATE_LIMIT_MAX: define({
    schema: count(1).default(1200),
    description: 'Requests per key, else per client address, in a window.',
    source: 'blueprint',
    blueprint: '1200',
  }),
  HEADY_RATE_LIMIT_WINDOW: define({
    schema: duration.refine((ms) => ms >= 1000, 'expected a second or more').prefault('60s'),
    description: 'Length of that window.',
    source: 'optional',
  }),
  HEADY_MAX_IN_FLIGHT: define({
    schema: count(1).default(2000),
    description:
      'Requests at once, open streams and WebSockets included; beyond it 503 with Retry-After, but for health, metrics and the admin page.',
    source: 'optional',
  }),
  HEADY_SHUTDOWN_TIMEOUT: define({
    schema: duration.prefault('100s'),
    description: 'Time to drain after SIGTERM.',
    source: 'optional',
  }),
  HEADY_TRUST_PROXY: define({
    schema: count(0, 16).optional(),
    description:
      "Trusted proxy hops: the client's address is that many entries from the right of X-Forwarded-For.",
    source: 'computed',
    default: '2 on Render, else 0',
  }),
  HEADY_CORS_ORIGINS: define({
    schema: origins.optional(),
    description:
      'Origins that browsers may call from, comma-separated, such as `https://app.example.com` or `https://*.example.com`; `*` for all.',
    source: 'blueprint',
    blueprint: 'https://heady-manager.onrender.com',
    default: 'none in production, localhost outside',
  }),
  HEADY_ADMIN_ROOT: define({
    schema: text.optional(),
    description: 'What the audit and the read-only file view may see.',
    source: 'blueprint',
    blueprint: '/opt/render/project/src',
    default: "the project's root",
    planned: true,
  }),
  HEADY_LOG_FORMAT: define({
    schema: z.enum(['json', 'pretty']).optional(),
    description: 'One JSON object a line, or lines for a person.',
    source: 'blueprint',
    blueprint: 'json',
    default: '`json` in production, else `pretty`',
  }),
  HEADY_LOG_LEVEL: define({
    schema: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
    description: 'The least severe level that is written.',
    source: 'optional',
  }),
  HEADY_LOG_KEEP: define({
    schema: bytes.prefault('100MB'),
    description: 'Size of the log files kept in the data directory.',
    source: 'optional',
  }),
  HEADY_DATA_DIR: define({
    schema: text.optional(),
    description:
      'Mount path of a persistent disk. Has files, the log, and how much of the daily tokens is spent.',
    source: 'optional',
  }),
  HEADY_STORAGE_QUOTA: define({
    schema: bytes.prefault('1GB'),
    description: 'Bytes that a storage mount may hold.',
    source: 'optional',
  }),
  HEADY_EPHEMERAL_TTL: define({
    schema: someTime.prefault('24h'),
    description: 'How long a file in ephemeral storage lasts at most.',
    source: 'optional',
  }),
  HEADY_MAX_BODY: define({
    schema: bytes.prefault('2MB'),
    description: 'Largest request body.',
    source: 'optional',
  }),
  HEADY_MAX_UPLOAD: define({
    schema: bytes.prefault('1GB'),
    description: 'Largest file, and largest multipart body of a route that takes files.',
    source: 'optional',
  }),
  HEADY_UPLOAD_TTL: define({
    schema: someTime.prefault('24h'),
    description: 'Time that a resumable upload has from its creation to its end.',
    source: 'optional',
  }),
  DATABASE_URL: define({
    schema: text.optional(),
    description: 'Postgres that all instances share.',
    source: 'optional',
    default: 'SQLite in the data directory',
    secret: true,
    planned: true,
  }),
  S3_BUCKET: define({
    schema: text.optional(),
    description: 'Bucket for files in place of a disk.',
    source: 'optional',
  }),
  S3_REGION: define({
    schema: text.optional(),
    description: 'Region of the bucket.',
    source: 'optional',
  }),
  S3_ENDPOINT: define({
    schema: url.optional(),
    description: 'Address of an S3-compatible service.',
    source: 'optional',
    default: "AWS's, by the region",
  }),
  S3_ACCESS_KEY_ID: define({
    schema: token.optional(),
    description: 'Access key of the bucket.',
    source: 'optional',
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: define({
    schema: token.optional(),
    description: 'Secret key of the bucket.',
    source: 'optional',
    secret: true,
  }),
  GITHUB_APP_ID: define({
    schema: text.optional(),
    description: 'GitHub App.',
    source: 'optional',
    planned: true,
  }),
  GITHUB_APP_PRIVATE_KEY: define({
    schema: text.optional(),
    description: 'Private key of the GitHub App (PEM).',
    source: 'optional',
    secret: true,
    planned: true,
  }),
  GITHUB_APP_WEBHOOK_SECRET: define({
    schema: text.optional(),
    description: 'Secret of its webhook.',
    source: 'optional',
    secret: true,
    planned: true,
  }),
} as const;

export type VariableName = keyof typeof variables;

/** The parsed environment: every variable by its own name. */
export type Environment = { readonly [Name in VariableName]: z.output<(typeof variables)[Name]['schema']> };

function define<T extends z.ZodType>(variable: Variable<T>): Variable<T> {
  return variable;
}

/** A schema for texts with a unit, such as sizes and durations. */
function quantity(parse: (text: string) => number | undefined, expected: string) {
  return text.transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
}
