import { randomUUID } from 'node:crypto';

import { combineRanges, parse } from 'range-parser';

import { Problem } from '#lib/problems';
import type { ByteRange, OpenedFile } from '#storage';

/** A client that wants more pieces at once is answered with the whole (RFC 9110, 14.2). */
const mostRanges = 20;
/** Bits of what the parser says. */
const malformed = 1;
const unsatisfiable = 2;

/**
 * The ranges that a request wants; undefined for the whole file, also where the header is none that can be read.
 *
 * @throws {Problem} `range-not-satisfiable`
 */
export function rangesOf(header: string | null, bytes: number): readonly ByteRange[] | undefined {
  if (header === null || !/^bytes=/i.test(header) || header.split(',').length > mostRanges) return undefined;
  const { code, ranges } = parse(bytes, header);
  if (code & malformed) return undefined;
  if (code & unsatisfiable && ranges.length === 0)
    throw new Problem(
      'range-not-satisfiable',
      `The file has ${bytes} bytes, and none of the range '${header}'.`,
      {
        headers: { 'content-range': `bytes */${bytes}` },
      },
    );
  return combineRanges(ranges).map(({ start, end }) => ({ first: start, last: end }));
}

/** Several ranges as `multipart/byteranges` (RFC 9110, 14.6). */
export function severalRanges(opened: OpenedFile, ranges: readonly ByteRange[]) {
  const boundary = randomUUID();
  return {
    type: `multipart/byteranges; boundary=${boundary}`,
    pieces: parts(opened, { ranges, boundary }),
  };
}

async function* parts(
  opened: OpenedFile,
  { ranges, boundary }: { readonly ranges: readonly ByteRange[]; readonly boundary: string },
): AsyncGenerator<Uint8Array> {
  const { file } = opened;
  for (const range of ranges) {
    const head = `\r\n--${boundary}\r\ncontent-type: ${file.type}\r\ncontent-range: ${contentRange(range, file.bytes)}\r\n\r\n`;
    yield Buffer.from(head);
    yield* opened.pieces(range);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

export function contentRange({ first, last }: ByteRange, bytes: number): string {
  return `bytes ${first}-${last}/${bytes}`;
}
