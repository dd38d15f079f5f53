import { create } from 'content-disposition';
import type { H3Event } from 'h3';
import { FastResponse } from 'srvx';

import { putResponse } from '#lib/files';
import type { Answer, ItemStream, ReturnedFile } from '#lib/python';
import type { StoredReturn } from '#workers';

import { type ItemFormat, itemStreamResponse } from './item-stream-response.ts';

/** The response that an answer is. */
export function answerResponse(event: H3Event, answer: Answer): Response {
  const { json, file, response } = answer;
  const timing = timingOf(answer);
  if (file) return fileResponse(event, file, timing);
  const { status, headers, body } = response ?? { status: 200, headers: jsonHeaders, body: json };
  return new FastResponse(withoutBody.has(status) ? null : new Uint8Array(body), {
    status,
    headers: [...headers, ['server-timing', timing]],
  });
}

/** The response where a returned file has been stored: that of a PUT. */
export function storedResponse({ stored, answer }: StoredReturn): Response {
  const response = putResponse(stored);
  response.headers.set('server-timing', timingOf(answer));
  return response;
}

/** The response that items are. */
export function itemsResponse({ context }: H3Event, items: ItemStream, format: ItemFormat): Response {
  return itemStreamResponse(items, {
    format,
    requestId: context.requestId,
    production: context.service.config.production,
    headers: { 'server-timing': `queue;dur=${items.queueMs.toFixed(1)}` },
  });
}

/** The statuses that have none, which {@link Response} insists on. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);
const jsonHeaders: [string, string][] = [['content-type', 'application/json']];

function timingOf({ queueMs, runMs }: Answer): string {
  return `queue;dur=${queueMs.toFixed(1)}, python;dur=${runMs.toFixed(1)}`;
}

function fileResponse({ req }: H3Event, file: ReturnedFile, timing: string): Response {
  return new Response(req.method === 'HEAD' ? null : file.stream(), {
    headers: {
      'content-type': file.type,
      'content-length': String(file.bytes),
      'content-disposition': create(file.name),
      'x-content-type-options': 'nosniff', // a browser goes by the type that the function says
      'server-timing': timing,
    },
  });
}
