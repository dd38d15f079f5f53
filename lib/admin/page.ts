import { type H3Event, handleCacheHeaders } from 'h3';

import { Problem } from '#lib/problems';

/** A file of the admin page, as the build has made it. */
export interface PageAsset {
  readonly type: string;
  readonly content: string;
  /** Of the content. */
  readonly etag: string;
}

/** Nothing but what this service serves itself; nothing within the markup is run. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Answers with a file of the page. A browser asks each time whether it has the newest: after a deploy, page and script
 * belong together.
 *
 * @throws {Problem} `not-found`
 */
export function pageResponse(event: H3Event, asset: PageAsset | undefined): Response {
  if (!asset) throw new Problem('not-found', 'The admin page has no such file.');
  const { type, content, etag } = asset;
  if (handleCacheHeaders(event, { etag, cacheControls: ['no-cache'] }))
    return new Response(null, { status: 304 });
  const headers = {
    'content-type': type,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return new Response(content, { headers });
}
