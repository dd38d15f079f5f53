import type { IncomingMessage } from 'node:http';

import type { H3Event } from 'h3';

import { limitDeclared } from '#lib/http';
import { Problem } from '#lib/problems';
import { isFull } from '#storage';

import { boundaryOf } from './boundary.ts';
import { type FilePart, Form } from './form.ts';
import { takeParts } from './parts.ts';

export interface FormOptions {
  /** Of the whole body; `HEADY_MAX_UPLOAD` when it says nothing. */
  readonly maxBytes?: number;
  /** Of all fields together that are no files, which are held in memory; `HEADY_MAX_BODY` when it says nothing. */
  readonly maxFieldBytes?: number;
  readonly maxParts?: number;
}

interface ReceiveOptions extends FormOptions {
  /** Takes a file: reads its content to the end. Called for one after the other, with the fields that came before it. */
  readonly onFile: (file: FilePart, before: ReadonlyMap<string, readonly string[]>) => Promise<void>;
}

/**
 * Reads a `multipart/form-data` body (RFC 7578), its files as they come, and gives its fields. The route says
 * `uploads: true`, so that nothing else has begun to read the body.
 *
 * @throws {Problem} `malformed-body`, `payload-too-large`, `invalid-input`, `storage-full`, and what `onFile` throws.
 */
export async function receiveForm(
  event: H3Event,
  { onFile, ...options }: ReceiveOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { HEADY_MAX_BODY, HEADY_MAX_UPLOAD } = event.context.service.config;
  const { maxBytes = HEADY_MAX_UPLOAD, maxFieldBytes = HEADY_MAX_BODY, maxParts = 1000 } = options;
  limitDeclared(event, maxBytes);
  const body = bodyOf(event);
  try {
    const boundary = boundaryOf(event);
    const form = new Form((file) => onFile(file, form.fields), maxFieldBytes);
    await takeParts(body, { boundary, maxParts, maxBytes, take: (part) => form.take(part) });
    return form.fields;
  } catch (error) {
    throw isFull(error) ? storageFull(error) : error;
  }
}

/** The request of Node itself: what `event.req.body` makes of it costs a copy of every piece, and holds more of them. */
function bodyOf(event: H3Event): IncomingMessage {
  const body = event.runtime?.node?.req as IncomingMessage | undefined; // there is no HTTP/2 here
  if (!body || body.listenerCount('data') > 0)
    throw new TypeError(`${event.url.pathname} reads multipart and does not say \`uploads: true\``);
  return body;
}

function storageFull(cause: unknown): Problem {
  return new Problem('storage-full', 'The disk has no room for the files of this request.', { cause });
}
