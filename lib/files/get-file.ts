import type { H3Event } from 'h3';

import { contentResponse, endOfRequest } from '#lib/http';
import { Problem } from '#lib/problems';
import {
  type ByteRange,
  checkConditions,
  type ObjectKey,
  type OpenedFile,
  parseKey,
  ReplacedError,
  type StoredFile,
} from '#storage';

import { fileHeaders } from './file-headers.ts';
import { checkUnmodified, conditionsOf, isKnown, rangeHolds } from './preconditions.ts';
import { contentRange, rangesOf, severalRanges } from './ranges.ts';

/** How often a file is looked up that is replaced before its content is there: in a bucket there is no hold on it. */
const tries = 5;

/** Answers with a file, with parts of it, or with that the client has it. @throws {Problem} `not-found` and others */
export async function getFile(event: H3Event, name: string): Promise<Response> {
  const key = parseKey(name);
  for (let left = tries; ; left -= 1) {
    try {
      return await answer(event, key);
    } catch (error) {
      if (!(error instanceof ReplacedError) || left === 1) throw error;
    }
  }
}

async function answer(event: H3Event, key: ObjectKey): Promise<Response> {
  const { files } = event.context.service;
  const found = await files.open(key);
  if (!found) throw missing(key);
  const { mount, opened } = found;
  const { file } = opened;
  closeAtEnd(event, opened);
  const { req } = event;
  const { ifMatch } = conditionsOf(req);
  checkConditions(key, file, { ifMatch });
  checkUnmodified(key, file, req);
  const headers = { ...fileHeaders({ mount, file }, req), ...(isByLink(event) && forAnySite) };
  if (isKnown(req, file)) return new Response(null, { status: 304, headers });
  if (req.method === 'HEAD') return contentResponse(null, { headers: wholeHeaders(file, headers) }); // of the whole (RFC 9110, 14.2)
  const ranges = rangeHolds(req, file) ? rangesOf(req.headers.get('range'), file.bytes) : undefined;
  return contentOf(opened, ranges ?? [], headers);
}

export function missing(key: ObjectKey): Problem {
  return new Problem('not-found', `There is no file '${key}'.`);
}

/** Nobody else gets here without a principal. */
function isByLink({ context }: H3Event): boolean {
  return context.principal === undefined;
}

/** A picture that is linked to can be shown by a page of another site. */
const forAnySite = { 'cross-origin-resource-policy': 'cross-origin' } as const;

/** Closes a file when the request is over, however it ends. */
function closeAtEnd(event: H3Event, opened: OpenedFile): void {
  const close = () => void opened[Symbol.asyncDispose]();
  const over = endOfRequest(event);
  if (over.aborted) close();
  else over.addEventListener('abort', close, { once: true });
}

type Headers = Readonly<Record<string, string>>;

function wholeHeaders({ bytes }: StoredFile, headers: Headers) {
  return { ...headers, 'content-length': String(bytes) };
}

async function contentOf(
  opened: OpenedFile,
  ranges: readonly ByteRange[],
  headers: Headers,
): Promise<Response> {
  const { file } = opened;
  const [range, ...others] = ranges;
  if (!range) return contentResponse(opened.pieces(), { headers: wholeHeaders(file, headers) });
  if (others.length > 0) {
    const { type, pieces } = severalRanges(opened, [range, ...others]);
    return contentResponse(pieces, { status: 206, headers: { ...headers, 'content-type': type } });
  }
  const length = String(range.last - range.first + 1);
  const partial = { ...headers, 'content-range': contentRange(range, file.bytes), 'content-length': length };
  return contentResponse(opened.pieces(range), { status: 206, headers: partial });
}
