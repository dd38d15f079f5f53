import type { IncomingMessage } from 'node:http';

import type { H3Event } from 'h3';
import { parse } from 'secure-json-parse';
import { limitRequestBody } from 'srvx/body-limit';

import { formatBytes } from '#lib/config';
import { excessOf } from '#lib/json-bounds';
import { isJsonType } from '#lib/media-type';
import { release } from '#lib/memory';
import { Problem } from '#lib/problems';

import { incomingPieces } from './incoming-pieces.ts';
import { watchPace } from './pace.ts';

/** Bounds what a route can read of the body: by Content-Length before a byte is read, else as the bytes come. */
export function limitBody(event: H3Event, maxBytes: number): void {
  limitDeclared(event, maxBytes);
  const req = limitRequestBody(event.req, maxBytes, { createError: () => bodyTooLarge(maxBytes) });
  Object.assign(event, { req }); // as h3's own assertBodySize does
}

/**
 * Bounds a body by Content-Length alone, and leaves it to be read from Node itself, by who bounds one that comes
 * without. To wrap it, as `limitBody` does, begins to read it, and costs a twentieth of a small call.
 */
export function leaveUnread(event: H3Event, maxBytes: number): void {
  limitDeclared(event, maxBytes);
  event.context.maxUnreadBytes = maxBytes;
}

/**
 * Bounds a body by Content-Length alone: whoever reads it bounds one that comes without.
 *
 * @throws {Problem} `payload-too-large`
 */
export function limitDeclared(event: H3Event, maxBytes: number): void {
  const declared = contentLengthOf(event);
  if (declared > maxBytes) throw bodyTooLarge(maxBytes, formatBytes(declared));
}

/** Whether a request has a body (RFC 9112, 6.3): one that has a length, or is sent in chunks. */
export function hasBody({ req: { headers } }: H3Event): boolean {
  return headers.has('content-length') || headers.has('transfer-encoding');
}

/**
 * Sees that a body is the content itself: what is compressed may become a thousand times as much, and in a file it would be
 * served as what it is not.
 *
 * @throws {Problem} `unsupported-media-type` (RFC 9110, 8.4 and 15.5.16)
 */
export function refuseEncoded({ req: { headers } }: H3Event): void {
  const encoding = headers.get('content-encoding') ?? '';
  if (/^(?:identity)?$/i.test(encoding)) return;
  throw new Problem(
    'unsupported-media-type',
    `The body is encoded, \`Content-Encoding: ${encoding}\`. Send it as it is.`,
    { headers: { 'accept-encoding': 'identity' } },
  );
}

/** Whether the body says that it is `multipart/form-data`. */
export function isMultipart(event: H3Event): boolean {
  return /^multipart\/form-data\s*(?:;|$)/i.test(event.req.headers.get('content-type') ?? '');
}

/**
 * The bytes of a JSON body, not yet parsed.
 *
 * @throws {Problem} `unsupported-media-type`, `payload-too-large`
 */
export async function readJsonBytes(event: H3Event): Promise<Uint8Array> {
  const type = event.req.headers.get('content-type');
  if (type !== null && !isJsonType(type))
    throw new Problem(
      'unsupported-media-type',
      `The content type is '${type}'. Send \`content-type: application/json\`.`,
    );
  return readBytes(event);
}

/** The bytes of a body. @throws {Problem} `payload-too-large`, `request-timeout` where it hardly comes */
export async function readBytes(event: H3Event): Promise<Uint8Array> {
  const { maxUnreadBytes } = event.context;
  return maxUnreadBytes === undefined
    ? new Uint8Array(await atPace(event, event.req.arrayBuffer()))
    : atPace(event, readUnread(event, maxUnreadBytes));
}

async function atPace<T>({ runtime }: H3Event, reading: Promise<T>): Promise<T> {
  const body = runtime?.node?.req as IncomingMessage; // there is no HTTP/2 here
  const { socket } = body;
  const { promise: slow, reject } = Promise.withResolvers<never>();
  using _ = watchPace({ isWaitedFor: () => true, bytes: () => socket.bytesRead, onSlow: reject });
  return await Promise.race([reading, slow]);
}

/**
 * The body of a route that leaves it unread, as it comes. A piece's memory is gone when the next one is asked for.
 *
 * @throws {Problem} `payload-too-large`, and those of {@link incomingPieces}
 */
export async function* unreadBody(event: H3Event): AsyncGenerator<Uint8Array> {
  const { maxUnreadBytes = 0 } = event.context;
  let bytes = 0;
  for await (const piece of incomingPieces(event)) {
    bytes += piece.byteLength;
    if (bytes > maxUnreadBytes) throw bodyTooLarge(maxUnreadBytes);
    yield piece;
    release(piece);
  }
}

/** The length that a request says its body has; 0 where it says none. */
export function contentLengthOf({ req }: H3Event): number {
  return Number(req.headers.get('content-length') ?? 0);
}

async function readUnread({ runtime }: H3Event, maxBytes: number): Promise<Uint8Array> {
  const body = runtime?.node?.req as IncomingMessage; // there is no HTTP/2 here
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  body.on('data', (piece: Buffer) => {
    bytes += piece.byteLength;
    if (bytes <= maxBytes) pieces.push(piece);
    else reject(bodyTooLarge(maxBytes));
  });
  body.once('end', () => resolve(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)));
  body.once('close', () => reject(new DOMException('the client went away', 'AbortError')));
  return promise;
}

/**
 * The value of a JSON body.
 *
 * @throws {Problem} `malformed-body`, `invalid-input` and those of {@link readJsonBytes}
 */
export async function readJson(event: H3Event): Promise<unknown> {
  return parseJson(await readJsonBytes(event));
}

/** The value of a body that is to be JSON in UTF-8. @throws {Problem} `malformed-body`, `invalid-input` */
export function parseJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const excess = excessOf(text);
  if (excess !== undefined) throw new Problem('invalid-input', `The body ${excess}.`);
  try {
    return parse(text); // without what would be an object's prototype where a value is copied into another
  } catch (error) {
    throw noJson(error as Error);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw noJson(error as Error);
  }
}

function noJson(cause: Error): Problem {
  return new Problem('malformed-body', `The body cannot be read as JSON: ${cause.message}.`, { cause });
}

/** The problem of a body that is larger than it may be; the client may still be sending it. */
export function bodyTooLarge(maxBytes: number, used?: string): Problem {
  return new Problem('payload-too-large', `The body is larger than ${formatBytes(maxBytes)}.`, {
    limit: formatBytes(maxBytes),
    ...(used === undefined ? {} : { used }),
    ...(used === undefined && { headers: { connection: 'close' } }), // no more is waited for
  });
}
