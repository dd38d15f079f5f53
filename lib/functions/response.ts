import { create } from 'content-disposition';
import type { H3Event } from 'h3';
import { FastResponse } from 'srvx';

import { endOfRequest } from '#lib/http';
import type { Answer, ItemStream, ReturnedFile } from '#lib/python';

import { type ItemFormat, itemStreamResponse } from './item-stream-response.ts';

/** The response that an answer is. */
export function answerResponse(event: H3Event, answer: Answer): Response {
  const { json, file, response, queueMs, runMs } = answer;
  const timing = `queue;dur=${queueMs.toFixed(1)}, python;dur=${runMs.toFixed(1)}`;
  if (file) {
    endOfRequest(event).addEventListener('abort', () => void file[Symbol.asyncDispose](), { once: true });
    return event.req.method === 'HEAD' ? headResponse(file, timing) : fileResponse(file, timing);
  }
  const { status, headers, body } = response ?? { status: 200, headers: jsonHeaders, body: json };
  return new FastResponse(withoutBody.has(status) ? null : new Uint8Array(body), {
    status,
    headers: [...headers, ['server-timing', timing]],
  });
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

function fileResponse(file: ReturnedFile, timing: string): Response {
  return new Response(file.stream(), { headers: fileHeaders(file, timing) });
}

function headResponse(file: ReturnedFile, timing: string): Response {
  return new Response(null, { headers: fileHeaders(file, timing) });
}

function fileHeaders({ type, bytes, name }: ReturnedFile, timing: string): Record<string, string> {
  return {
    'content-type': type,
    'content-length': String(bytes),
    'content-disposition': create(name),
    'x-content-type-options': 'nosniff', // a browser goes by the type that the function says
    'server-timing': timing,
  };
}
