import { z } from 'zod';

/** `https://app.example.com`, `https://*.example.com`, or `*` for all. */
const pattern = /^(?:\*|https?:\/\/(?:\*\.)?[\w.-]+(?::\d{1,5})?|https?:\/\/\[[\da-f:]+\](?::\d{1,5})?)$/i;

/** No browser names it in an origin. */
const defaultPort = /^(http:.*):80$|^(https:.*):443$/;

/** Origins (RFC 6454), comma-separated. */
export const origins = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim().replace(/\/$/, '').toLowerCase().replace(defaultPort, '$1$2'))
      .filter(Boolean),
  )
  .pipe(
    z.array(
      z
        .string()
        .regex(
          pattern,
          'expected origins such as https://app.example.com or https://*.example.com, without a path',
        ),
    ),
  )
  .refine((list) => !list.includes('*') || list.length === 1, '`*` stands for all origins: give it alone');
