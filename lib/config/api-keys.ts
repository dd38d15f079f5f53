import { z } from 'zod';

import { parseDuration } from './units.ts';

/** What a key may be for. `admin` is for all of it. */
export const scopes = ['invoke', 'files', 'inference', 'read', 'admin'] as const;

export type Scope = (typeof scopes)[number];

/** One of `HEADY_API_KEYS`. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  readonly rateLimit?: { readonly max: number; readonly windowMs: number } | undefined;
}

const window = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000) return ms;
  context.addIssue({ code: 'custom', message: 'expected a duration such as 60s' });
  return z.NEVER;
});

const apiKey = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'expected letters, digits, `_`, `.` and `-`'),
  sha256: z.string().regex(/^[\da-f]{64}$/, 'expected the 64 digits that `npm run heady -- key` prints'),
  scopes: z.array(z.enum(scopes)).min(1),
  rateLimit: z
    .strictObject({ max: z.int().min(1), window: window.prefault('60s') })
    .transform(({ max, window: windowMs }) => ({ max, windowMs }))
    .optional(),
});

/** Names of the keys of `HEADY_API_KEY` and `HEADY_API_KEY_PREVIOUS` in the log. */
const taken = ['primary', 'previous'];

/** A JSON array of keys. */
export const apiKeys = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'expected a JSON array, as `npm run heady -- key` prints the entries of',
      });
      return z.NEVER;
    }
  })
  .pipe(z.array(apiKey))
  .superRefine((keys, context) => {
    const names = [...taken, ...keys.map(({ name }) => name)];
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      context.addIssue({ code: 'custom', message: `the name '${twice}' is taken by another key` });
  });
