import type { H3Event } from 'h3';

import { readJsonBytes } from '#lib/http';
import { Problem } from '#lib/problems';
import type { GivenTexts, RouteCall } from '#lib/python';

const noArguments = Buffer.from('{}');

/**
 * What a request gives as arguments: its path, its query, and a body of JSON or of a form. A body with GET or HEAD has
 * no meaning (RFC 9110, 9.3.1), and is left alone.
 *
 * @throws {Problem} `unsupported-media-type`, `payload-too-large`, `bad-request`
 */
export async function readArguments(event: H3Event): Promise<Pick<RouteCall, 'input' | 'given'>> {
  const { input, form } = await readBody(event);
  const given = { path: pathTexts(event), query: [...event.url.searchParams], form };
  return Object.values(given).every((texts) => texts.length === 0) ? { input } : { input, given };
}

async function readBody(event: H3Event): Promise<{ input: Uint8Array; form: GivenTexts['form'] }> {
  const { req } = event;
  if (req.method === 'GET' || req.method === 'HEAD') return { input: noArguments, form: [] };
  if (/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(req.headers.get('content-type') ?? ''))
    return { input: noArguments, form: [...new URLSearchParams(await req.text())] };
  const body = hasBody(req) ? await readJsonBytes(event) : noArguments;
  return { input: body.byteLength === 0 ? noArguments : body, form: [] };
}

/** As the head says (RFC 9112, 6.3). */
function hasBody({ headers }: Request): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

function pathTexts({ context: { params = {} }, url }: H3Event): GivenTexts['path'] {
  try {
    return Object.entries(params).map(([name, text]) => [name, decodeURIComponent(text)] as const);
  } catch (cause) {
    throw new Problem('bad-request', `${url.pathname} has a '%' that escapes no character of UTF-8.`, {
      cause,
    });
  }
}
