import { create } from 'content-disposition';
import type { H3Event } from 'h3';
import Negotiator from 'negotiator';

import { Problem } from '#lib/problems';
import type { ReturnedFile } from '#lib/python';

import { readJsonBytes } from './body.ts';
import { type ItemFormat, itemStreamResponse } from './item-stream-response.ts';

/** Which Python function a request is for. */
interface Target {
  readonly worker: string;
  readonly function: string;
}

const json = 'application/json';
const formats: readonly [typeof json, ...ItemFormat[]] = [json, 'text/event-stream', 'application/x-ndjson'];

/**
 * Answers a request by a Python function: the body has its arguments, and `Accept` says whether the returned value is
 * wanted as JSON or the items of a generator one by one.
 *
 * @throws {Problem} those of the body and of the call; `not-acceptable`
 */
export async function answerByFunction(event: H3Event, target: Target): Promise<Response> {
  const format = acceptedFormat(event);
  const { service, requestId } = event.context;
  const call = { ...target, input: await readJsonBytes(event), requestId, signal: event.req.signal };
  if (format === json) {
    const answer = await service.python.invoke(call);
    const timing = `queue;dur=${answer.queueMs.toFixed(1)}, python;dur=${answer.runMs.toFixed(1)}`;
    const headers = { 'server-timing': timing };
    return answer.file ? fileResponse(answer.file, headers) : jsonResponse(answer.json, headers);
  }
  const items = await service.python.stream(call);
  return itemStreamResponse(items, {
    format,
    requestId,
    production: service.config.production,
    headers: { 'server-timing': `queue;dur=${items.queueMs.toFixed(1)}` },
  });
}

function jsonResponse(value: Uint8Array, headers: Readonly<Record<string, string>>): Response {
  return new Response(new Uint8Array(value), { headers: { 'content-type': json, ...headers } });
}

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

function acceptedFormat({ req }: H3Event): (typeof formats)[number] {
  const accept = req.headers.get('accept') ?? '*/*';
  const [format] = new Negotiator({ headers: { accept } }).mediaTypes([...formats]);
  if (format) return format as (typeof formats)[number];
  throw new Problem(
    'not-acceptable',
    `The request accepts '${accept}' alone; there is ${formats.join(', ')}.`,
  );
}
