import { streamedResponse } from '#lib/http';
import { openAiError, Problem } from '#lib/problems';

import type { Json } from '../operation.ts';

/**
 * A stream of events as OpenAI has it: each is JSON, the last `[DONE]`. What goes wrong in mid-stream is the last event,
 * of which clients make an exception.
 */
export function eventResponse(
  events: AsyncIterableIterator<Json>,
  headers: Readonly<Record<string, string>>,
): Response {
  return streamedResponse('text/event-stream', lines(events), headers);
}

async function* lines(events: AsyncIterableIterator<Json>): AsyncGenerator<Buffer> {
  try {
    for await (const event of events) yield lineOf(JSON.stringify(event));
    yield lineOf('[DONE]');
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the reader has gone
    yield lineOf(JSON.stringify(openAiError(error)));
  }
}

function lineOf(data: string): Buffer {
  return Buffer.from(`data: ${data}\n\n`);
}
