import { limitRequestBody } from 'srvx/body-limit';

import { formatBytes } from '#lib/config';
import { parseJson } from '#lib/http';
import { isJsonType } from '#lib/media-type';
import { Problem } from '#lib/problems';

import type { Bytes, JsonObject } from './operation.ts';

/** A sound or a picture, and the texts of a batch, are within it. */
const maxBytes = 32 * 1024 ** 2;

/** `huggingface_hub` says of sounds and pictures no type: they begin otherwise than an object. */
const openingBrace = 0x7b;

/**
 * The body of a worker's request: a JSON object, or bytes of another type.
 *
 * @throws {Problem} `malformed-body`, `payload-too-large`
 */
export async function readBody(request: Request): Promise<JsonObject | Bytes> {
  const bounded = limitRequestBody(request, maxBytes, {
    createError: () => new Problem('payload-too-large', `The body is larger than ${formatBytes(maxBytes)}.`),
  });
  const type = request.headers.get('content-type');
  const bytes = new Uint8Array(await bounded.arrayBuffer());
  if (type === null && bytes[0] !== openingBrace) return { bytes, type: 'application/octet-stream' };
  if (type !== null && !isJsonType(type)) return { bytes, type };
  return objectIn(bytes);
}

function objectIn(bytes: Uint8Array): JsonObject {
  const value = parseJson(bytes);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Problem('malformed-body', 'The body is not a JSON object.');
}
