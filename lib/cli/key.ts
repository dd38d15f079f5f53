import { hash, randomBytes } from 'node:crypto';

import { defineCommand } from 'citty';

import { apiKeys, scopes } from '#lib/config';

import { strict } from './strict.ts';
import { UsageError } from './usage-error.ts';

const keyBytes = 32;

export const key = defineCommand({
  meta: {
    name: 'key',
    description:
      'Makes a key: for HEADY_API_KEY, or by a name one of HEADY_API_KEYS; the key alone is on stdout',
  },
  args: {
    name: {
      type: 'string',
      valueHint: 'name',
      description: 'What the log calls it: it is for HEADY_API_KEYS',
    },
    scopes: {
      type: 'string',
      valueHint: scopes.join(','),
      description: 'What it is for, of a key with a name',
    },
    limit: {
      type: 'string',
      valueHint: 'number',
      description: 'Requests that it may make in a minute, in place of HEADY_RATE_LIMIT_MAX',
    },
  },
  plugins: [strict],
  run: ({ args }): number => {
    const made = `heady_${randomBytes(keyBytes).toString('base64url')}`;
    const told = args.name === undefined ? forAll(args) : forEntry(made, { ...args, name: args.name });
    console.log(made);
    console.error(told);
    return 0;
  },
});

interface Asked {
  readonly name?: string | undefined;
  readonly scopes?: string | undefined;
  readonly limit?: string | undefined;
}

/** @throws {UsageError} */
function forAll({ scopes: asked, limit }: Asked): string {
  if (asked !== undefined || limit !== undefined)
    throw new UsageError('--scopes and --limit are for a key with a name: give --name as well.');
  return 'This is a key for everything: set it as HEADY_API_KEY. It is shown this once.';
}

/** @throws {UsageError} */
function forEntry(
  made: string,
  { name, scopes: asked = '', limit }: Asked & { readonly name: string },
): string {
  const entry = {
    name,
    sha256: hash('sha256', made),
    scopes: asked.split(',').flatMap((scope) => scope.trim() || []),
    ...(limit !== undefined && { rateLimit: { max: Number(limit) } }),
  };
  check(entry);
  return `The key is shown this once; the service knows it by this entry of the JSON array HEADY_API_KEYS:\n${JSON.stringify(entry)}`;
}

/** By what the service itself takes. @throws {UsageError} */
function check(entry: object): void {
  const { error } = apiKeys.safeParse(JSON.stringify([entry]));
  const [issue] = error?.issues ?? [];
  if (!issue) return;
  const [, field] = issue.path;
  const reason = issue.message.replace(/^Invalid (?:option|input): |^Too small: /, '');
  throw new UsageError(`--${options[String(field)] ?? 'name'}: ${reason}.`);
}

/** By the fields of an entry. */
const options: Readonly<Record<string, string>> = { scopes: 'scopes', rateLimit: 'limit' };
