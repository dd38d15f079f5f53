import { z } from 'zod';

/** `https://app.example.com`, `https://*.example.com`, or `*` for all. */
const pattern = /^(?:\*|https?:\/\/(?:\*\.)?[\w.-]+(?::\d{1,5})?|https?:\/\/\[[\da-f:]+\](?::\d{1,5})?)$/i;

/** Origins (RFC 6454), comma-separated. */
export const origins = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim().replace(/\/$/, '').toLowerCase())
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
