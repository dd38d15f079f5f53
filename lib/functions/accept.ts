import type { H3Event } from 'h3';
import Negotiator from 'negotiator';

import { Problem } from '#lib/problems';

import type { ItemFormat } from './item-stream-response.ts';

const json = 'application/json';
type Format = typeof json | ItemFormat;
const formats: readonly Format[] = [json, 'text/event-stream', 'application/x-ndjson'];

/**
 * The form in which `Accept` (RFC 9110, 12.5.1) asks for items one by one; undefined where it asks for JSON first.
 *
 * @throws {Problem} `not-acceptable`: it asks for neither.
 */
export function acceptedItemFormat(event: H3Event): ItemFormat | undefined {
  const format = preferred(event);
  if (format) return format === json ? undefined : format;
  const accept = event.req.headers.get('accept');
  throw new Problem(
    'not-acceptable',
    `The request accepts '${accept}' alone; there is ${formats.join(', ')}.`,
  );
}

/** The same for an endpoint that answers in forms of its own: where those are asked for, undefined. */
export function preferredItemFormat(event: H3Event): ItemFormat | undefined {
  const format = preferred(event);
  return format === json ? undefined : format;
}

function preferred({ req }: H3Event): Format | undefined {
  const accept = req.headers.get('accept') ?? '*/*';
  if (accept === '*/*' || accept === json) return json; // what most clients say, and is not worth parsing each time
  const [format] = new Negotiator({ headers: { accept } }).mediaTypes([...formats]);
  return format as Format | undefined;
}
