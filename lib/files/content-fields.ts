import { Problem } from '#lib/problems';

/** Sees that a body is all of a file: a part would be stored as the whole. @throws {Problem} `bad-request` (RFC 9110, 14.5) */
export function checkWhole({ headers }: Request): void {
  const range = headers.get('content-range');
  if (range === null) return;
  throw new Problem(
    'bad-request',
    `The body is a part of a file, \`Content-Range: ${range}\`. Send the whole, or upload it in parts by tus to /api/uploads.`,
  );
}
