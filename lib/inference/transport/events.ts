import { createParser } from 'eventsource-parser';
import { z } from 'zod';

import type { Json } from '../operation.ts';
import type { Transport } from './transport.ts';

/** The data of an event that ends a stream. */
const endMarker = '[DONE]';
/** An event longer than this is none that a model writes. */
const maxEventChars = 8 * 1024 ** 2;

/**
 * The events of a streamed answer, each as JSON, read when they are asked for. Leaving the loop ends the backend's work.
 *
 * @throws {BackendFailure} it is no stream of events, breaks off, or ends without its end marker.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* eventsOf(
  response: Response,
  { transport, signal }: { readonly transport: Transport; readonly signal: AbortSignal },
): AsyncGenerator<Json> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^text\/event-stream\s*(?:;|$)/i.test(type) || !response.body) {
    await response.body?.cancel();
    throw transport.malformed(`an answer of '${type}' where a stream of events was asked for`);
  }
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data), maxBufferSize: maxEventChars });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let last: Json | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.feed(decoder.decode(value, { stream: true }));
      for (const data of events.splice(0)) {
        if (data === endMarker) return;
        last = parse(data, transport);
        yield last;
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Error && error.name === 'BackendFailure' ? error : transport.brokenOff(error);
  } finally {
    await reader.cancel().catch(() => undefined); // it has ended by itself
  }
  if (!isLastOfGeneration(last)) throw transport.malformed('its stream ended without its end marker');
}

function parse(data: string, transport: Transport): Json {
  const event = transport.parse(data, 'an event');
  const told = failed.safeParse(event).data;
  if (told) throw transport.malformed(typeof told.error === 'string' ? told.error : told.error.message);
  return event;
}

/** What servers send when they fail in mid-stream. */
const failed = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

/** TGI's own streams have no end marker: their last event has the whole text. */
function isLastOfGeneration(data: Json | undefined): boolean {
  return (
    typeof data === 'object' && data !== null && 'generated_text' in data && data.generated_text !== null
  );
}
