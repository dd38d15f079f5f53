import { hash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type VariableName, variables } from '../../lib/config/index.ts';

/** A value that is no secret's but this one's, and that every encoding changes around its mark. */
interface Marked {
  readonly value: string;
  /** Letters and digits, which only encodings of all bytes change. */
  readonly mark: string;
}

function marked(prefix = 'k'): Marked {
  const mark = randomBytes(15).toString('hex');
  return { mark, value: `${prefix}/${mark}-&"\\%+.~${prefix}` };
}

/** As `openssl rand -hex` makes one. */
function plain(): Marked {
  const mark = randomBytes(32).toString('hex');
  return { mark, value: mark };
}

function pem(): Marked {
  const mark = randomBytes(24).toString('hex');
  return { mark, value: `-----BEGIN PRIVATE KEY-----\n${mark}\n-----END PRIVATE KEY-----` };
}

/** The key of an entry of `HEADY_API_KEYS`, as the command makes it. */
export const scopedKey = `heady_${randomBytes(32).toString('base64url')}`;

const entry = { name: 'ci', sha256: hash('sha256', scopedKey), scopes: ['admin'] };
const special: Readonly<Record<string, Marked>> = {
  HEADY_API_KEYS: { mark: entry.sha256, value: JSON.stringify([entry]) },
  GITHUB_APP_PRIVATE_KEY: pem(),
  HEADY_API_KEY_PREVIOUS: plain(),
};

/** Every secret variable of the service with its marked value, and one of a function's own. */
export const secrets = new Map<string, Marked>([
  ...Object.entries(variables)
    .filter(([, variable]) => 'secret' in variable)
    .map(([name]): [VariableName, Marked] => [name as VariableName, special[name] ?? marked()]),
  ['LEAKY_KEY', marked('leaky')],
]);

export function valueOf(name: string): string {
  const secret = secrets.get(name);
  if (!secret) throw new Error(`${name} is no secret`);
  return secret.value;
}

/** What nothing may have in it, by what it tells. */
const forms: readonly (readonly [name: string, form: string])[] = [
  ...[...secrets].map(([name, { mark }]) => [name, mark] as const),
  ['a scoped key', scopedKey] as const,
].flatMap(([name, mark]) => formsOf(mark).map((form) => [name, form] as const));

function formsOf(mark: string): string[] {
  const bytes = Buffer.from(mark);
  const base64 = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((whole.byteLength * 8) / 6);
    return (['base64', 'base64url'] as const).map((encoding) => whole.toString(encoding).slice(first, last));
  });
  const reversed = Buffer.from(bytes.toReversed());
  return [mark, reversed.toString(), bytes.toString('hex'), reversed.toString('hex'), ...base64];
}

/** The names of the secrets that are in some bytes, in any form, in upper or lower case. */
export function found(bytes: Uint8Array | string): string[] {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const lower = text.toLowerCase();
  return [...new Set(forms.filter(([, form]) => lower.includes(form.toLowerCase())).map(([name]) => name))];
}

/** The same of all files below a directory, and of their names. */
export function foundBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((file) => {
    const path = join(file.parentPath, file.name);
    const names = file.isFile() ? [...found(readFileSync(path)), ...found(path)] : found(path);
    return names.map((name) => `${name} in ${path}`);
  });
}
