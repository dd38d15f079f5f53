import { z } from 'zod';

import { isMediaType } from '#lib/media-type';

import type { FunctionResponse } from '../calls/call.ts';
import type { Frame } from './frames.ts';

/** What concerns the connection, or is the server's own: no function sets it, whatever its process sends. */
const reserved =
  /^(?:connection|content-length|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-request-id)$/i;
const fieldName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
  .refine((name) => !reserved.test(name));
const fieldValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/);

const answerHead = z.object({
  status: z.int().min(200).max(599),
  headers: z.array(z.tuple([fieldName, fieldValue])),
});

/** What an endpoint answers; undefined when a child has written nonsense. */
export function readAnswer({ payload }: Frame): FunctionResponse | undefined {
  try {
    const end = 4 + payload.readUInt32BE(0);
    const head = answerHead.parse(JSON.parse(payload.toString('utf8', 4, end)));
    return { ...head, body: payload.subarray(end) };
  } catch {
    return undefined;
  }
}

/** Problem details have their own. */
const problemField = fieldName.refine((name) => !/^content-type$/i.test(name));

const failure = z.object({
  code: z.enum([
    'invalid-input',
    'malformed-body',
    'worker-error',
    'worker-memory-exceeded',
    'worker-disk-exceeded',
    'worker-output-too-large',
  ]),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  traceback: z.string().optional(),
  /** The user's own line at which it was raised. */
  source: z.string().nullish(),
  used: z.number().nullish(),
});

/** A `heady.HTTPError` that a function has raised. */
const refusal = z.object({
  code: z.literal('http-error'),
  detail: z.string(),
  status: z.int().min(400).max(599),
  headers: z.record(problemField, fieldValue),
});

/** Why a call has no result; of what its function says for HTTP, a refusal alone. */
export const errorMessage = z.discriminatedUnion('code', [failure, refusal]);

export type ChildError = z.output<typeof errorMessage>;

/** A file that a function returns. */
export const fileMessage = z.object({
  path: z.string(),
  /** Whether it was put in the temporary directory only to be returned. */
  copied: z.boolean(),
  name: z.string().min(1),
  type: z.string().refine(isMediaType),
});

export type FileMessage = z.output<typeof fileMessage>;
