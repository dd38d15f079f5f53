import { isAscii } from 'node:buffer';

import type { H3Event } from 'h3';

import { isMultipart, pathParams, readBytes, readJsonBytes } from '#lib/http';
import { takesFiles } from '#lib/json-schema';
import { type Multipart, readMultipart } from '#lib/multipart';
import { Problem } from '#lib/problems';
import type { DescribedFunction, GivenFile, GivenTexts, Parts, RouteCall } from '#lib/python';

/** Arguments as a request gives them, and the files among them until they are the call's or are disposed of. */
interface Read<Given> extends AsyncDisposable {
  readonly given: Given;
}

const noArguments = Buffer.from('{}');

/**
 * The arguments in a body: JSON, or a form that may have files, as large as an upload where the function takes any.
 *
 * @throws {Problem} `unsupported-media-type`, `malformed-body`, `payload-too-large`, `invalid-input`, `storage-full`
 */
export async function readBody(
  event: H3Event,
  describe: () => Promise<DescribedFunction>,
): Promise<Read<Pick<RouteCall, 'input' | 'parts'>>> {
  if (!isMultipart(event)) return { given: { input: await readJsonBytes(event) }, ...nothingToRemove };
  const { config, python } = event.context.service;
  const maxBytes = takesFiles((await describe()).input ?? {})
    ? config.HEADY_MAX_UPLOAD
    : config.HEADY_MAX_BODY;
  const form = await readMultipart(event, { directory: python.directory, maxBytes });
  return {
    given: { input: noArguments, parts: partsOf(form) },
    [Symbol.asyncDispose]: async () => form[Symbol.asyncDispose](),
  };
}

/**
 * What a request gives as arguments: its path, its query, and its body. A body with GET or HEAD has no meaning
 * (RFC 9110, 9.3.1), and is left alone.
 *
 * @throws {Problem} as {@link readBody}; `bad-request`
 */
export async function readArguments(
  event: H3Event,
  describe: () => Promise<DescribedFunction>,
): Promise<Read<Pick<RouteCall, 'input' | 'parts' | 'given'>>> {
  const form = isUrlEncoded(event) ? await readForm(event) : undefined;
  const given = { path: pathParams(event), query: [...event.url.searchParams], form: form ?? [] };
  const texts = Object.values(given).every((each) => each.length === 0) ? {} : { given };
  if (form || !hasBody(event)) return { given: { input: noArguments, ...texts }, ...nothingToRemove };
  const body = await readBody(event, describe);
  const input = body.given.input.byteLength === 0 ? noArguments : body.given.input; // a chunked one may be empty
  return { ...body, given: { ...body.given, input, ...texts } };
}

async function readForm(event: H3Event): Promise<GivenTexts['form']> {
  const bytes = await readBytes(event);
  if (!isAscii(bytes))
    throw new Problem('malformed-body', 'The form is not URL-encoded: it has bytes beyond ASCII.');
  return [...new URLSearchParams(Buffer.from(bytes).toString())];
}

const nothingToRemove: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

/** As the head says (RFC 9112, 6.3). */
function hasBody({ req: { method, headers } }: H3Event): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

function isUrlEncoded(event: H3Event): boolean {
  const type = event.req.headers.get('content-type') ?? '';
  return hasBody(event) && /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type);
}

function partsOf({ fields, uploads }: Multipart): Parts {
  const parts = new Map<string, (string | GivenFile)[]>();
  for (const [name, texts] of fields) parts.set(name, [...texts]);
  for (const { field, ...file } of uploads) parts.set(field, [...(parts.get(field) ?? []), file]);
  return Object.fromEntries(parts);
}
