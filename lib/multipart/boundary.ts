import type { H3Event } from 'h3';

import { Problem } from '#lib/problems';

/** As RFC 2046, 5.1.1 has it: no other character, and no space at the end. */
const valid = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;

/**
 * The boundary between the parts of a body.
 *
 * @throws {Problem} `malformed-body`
 */
export function boundaryOf(event: H3Event): string {
  const type = event.req.headers.get('content-type') ?? '';
  const [, quoted, token] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i.exec(type) ?? [];
  const boundary = quoted ?? token;
  if (boundary !== undefined && valid.test(boundary)) return boundary;
  throw new Problem(
    'malformed-body',
    `The content type '${type}' has no boundary of 1 to 70 characters that RFC 2046 allows.`,
  );
}
