import { create } from 'content-disposition';
import type { H3Event } from 'h3';
import Negotiator from 'negotiator';

import { Problem } from '#lib/problems';
import type { Answer, ItemStream, ReturnedFile } from '#lib/python';

import { readJsonBytes } from './body.ts';
import { type ItemFormat, itemStreamResponse } from './item-stream-response.ts';
import { requestFacts } from './request-facts.ts';

/** Which Python function a request is for. */
interface Target {
  readonly worker: string;
  readonly function: string;
}

const json = 'application/json';
type Format = typeof json | ItemFormat;
const formats: readonly Format[] = [json, 'text/event-stream', 'application/x-ndjson'];

/**
 * Answers a request by a Python function: the body has its arguments, and `Accept` says whether the returned value is
 * wanted as JSON or the items of a generator one by one.
 *
 * @throws {Problem} those of the body and of the call; `not-acceptable`
 */
export async function answerByFunction(event: H3Event, target: Target): Promise<Response> {
  const format = acceptedFormat(event);
  const { python } = event.context.service;
  const call = { ...target, input: await readJsonBytes(event), ...callOf(event) };
  return format === json
    ? answerResponse(await python.invoke(call))
    : itemsResponse(event, await python.stream(call), format);
}

/** What a call has of its request. */
export function callOf(event: H3Event) {
  const { requestId } = event.context;
  return { request: () => requestFacts(event), requestId, signal: event.req.signal };
}

/** The response that an answer is. */
export function answerResponse({ json: value, file, response, queueMs, runMs }: Answer): Response {
  const timing = `queue;dur=${queueMs.toFixed(1)}, python;dur=${runMs.toFixed(1)}`;
  if (file) return fileResponse(file, { 'server-timing': timing });
  const { status, headers, body } = response ?? { status: 200, headers: jsonHeaders, body: value };
  const answer = new Response(withoutBody.has(status) ? null : new Uint8Array(body), {
    status,
    headers: [...headers],
  });
  answer.headers.append('server-timing', timing);
  return answer;
}

/** The response that items are. */
export function itemsResponse(event: H3Event, items: ItemStream, format: ItemFormat): Response {
  const { service, requestId } = event.context;
  return itemStreamResponse(items, {
    format,
    requestId,
    production: service.config.production,
    headers: { 'server-timing': `queue;dur=${items.queueMs.toFixed(1)}` },
  });
}

/** The statuses that have none, which {@link Response} insists on. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);
const jsonHeaders: [string, string][] = [['content-type', json]];

function fileResponse(file: ReturnedFile, headers: Readonly<Record<string, string>>): Response {
  return new Response(file.stream(), {
    headers: {
      'content-type': file.type,
      'content-length': String(file.bytes),
      'content-disposition': create(file.name),
      'x-content-type-options': 'nosniff', // a browser goes by the type that the function says
      ...headers,
    },
  });
}

function acceptedFormat(event: H3Event): Format {
  const format = preferredFormat(event);
  if (format) return format;
  throw new Problem(
    'not-acceptable',
    `The request accepts '${event.req.headers.get('accept')}' alone; there is ${formats.join(', ')}.`,
  );
}

/** The form in which `Accept` asks for items one by one; undefined where it asks for JSON first, or for neither. */
export function itemFormat(event: H3Event): ItemFormat | undefined {
  const format = preferredFormat(event);
  return format === json ? undefined : format;
}

function preferredFormat({ req }: H3Event): Format | undefined {
  const accept = req.headers.get('accept') ?? '*/*';
  const [format] = new Negotiator({ headers: { accept } }).mediaTypes([...formats]);
  return format as Format | undefined;
}
