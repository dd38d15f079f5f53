import { type H3Event, handleCacheHeaders } from 'h3';

import { Problem } from '#lib/problems';

/** A file of the admin page, as the build has made it. */
export interface PageAsset {
  readonly type: string;
  readonly content: string;
  /** Of the content. */
  readonly etag: string;
}

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
  return new Response(content, { headers: { 'content-type': type } });
}
