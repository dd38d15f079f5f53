import type { H3Event } from 'h3';
import Negotiator from 'negotiator';

import { Problem } from '#lib/problems';

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
    const { json: value, queueMs, runMs } = await service.python.invoke(call);
    const timing = `queue;dur=${queueMs.toFixed(1)}, python;dur=${runMs.toFixed(1)}`;
    return new Response(new Uint8Array(value), {
      headers: { 'content-type': json, 'server-timing': timing },
    });
  }
  const items = await service.python.stream(call);
  return itemStreamResponse(items, {
    format,
    requestId,
    production: service.config.production,
    headers: { 'server-timing': `queue;dur=${items.queueMs.toFixed(1)}` },
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
