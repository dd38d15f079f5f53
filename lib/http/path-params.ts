import type { H3Event } from 'h3';

import { Problem } from '#lib/problems';

/**
 * The parameters of a request's path, decoded once, in the order of the path.
 *
 * @throws {Problem} `bad-request`
 */
export function pathParams({ context: { params = {} }, url }: H3Event): [name: string, text: string][] {
  try {
    return Object.entries(params).map(([name, text]) => [name, decodeURIComponent(text)]);
  } catch (cause) {
    throw new Problem('bad-request', `${url.pathname} has a '%' that escapes no character of UTF-8.`, {
      cause,
    });
  }
}
