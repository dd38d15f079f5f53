import type { ServerResponse } from 'node:http';

import type { H3Event } from 'h3';

import { endOfRequest } from './end-of-request.ts';
import { orHeartbeat } from './heartbeat.ts';
import { streamedResponse } from './streamed-response.ts';

/** What is sent as one event; `data` as JSON. */
export interface ServerEvent {
  readonly data: unknown;
  readonly event?: string;
  readonly id?: string;
}

/** A reader that has not taken the last event by then does not keep the service from ending. */
const lastEventMs = 1000;
/** When an `EventSource` connects again: by then another instance answers. */
const retryMs = 1000;

/**
 * A stream of server-sent events that has no end of its own: it ends when its reader leaves, or, with the event
 * `shutting-down`, as soon as the service begins to shut down. An `EventSource` then connects again by itself.
 *
 * @param source - makes the events. Its signal aborts at the stream's end: what waits should wait by it.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @example
 * export default defineHandler((event) =>
 *   endlessEvents(event, async function* (signal) {
 *     for (; ; await delay(1000, undefined, { signal })) yield { event: 'time', data: Date.now() };
 *   }),
 * );
 */
export function endlessEvents(
  event: H3Event,
  source: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
): Response {
  const { service, requestId } = event.context;
  const { draining, log } = service;
  const left = endOfRequest(event);
  const response = event.runtime?.node?.res as ServerResponse; // there is no HTTP/2 here
  const endSoon = () => setTimeout(() => response.destroy(), lastEventMs).unref();
  draining.addEventListener('abort', endSoon, { once: true, signal: left });
  const events = source(AbortSignal.any([left, draining]));
  return streamedResponse('text/event-stream', chunks(logged(events), { left, draining }));

  /** A stream that breaks off tells its reader nothing. */
  async function* logged(all: AsyncIterable<ServerEvent>): AsyncGenerator<ServerEvent> {
    try {
      yield* all;
    } catch (error) {
      if (!left.aborted && !draining.aborted)
        log.error({ message: 'a stream of events failed', error, requestId });
      throw error;
    }
  }
}

interface Ends {
  readonly left: AbortSignal;
  readonly draining: AbortSignal;
}

async function* chunks(events: AsyncIterable<ServerEvent>, { left, draining }: Ends): AsyncGenerator<Buffer> {
  const iterator = events[Symbol.asyncIterator]();
  const end = AbortSignal.any([left, draining]);
  yield Buffer.from(`retry: ${retryMs}\n\n`);
  try {
    for (let next = iterator.next(); ;) {
      const result = await orHeartbeat(next, end);
      if (result === 'end') break;
      if (result === 'heartbeat') yield Buffer.from(': heartbeat\n\n');
      else if (result.done) return yield encoded({ event: 'end', data: {} });
      else {
        yield encoded(result.value);
        next = iterator.next();
      }
    }
  } finally {
    iterator.return?.()?.catch(() => {}); // not waited for: it may be in the midst of something
  }
  if (draining.aborted) yield encoded({ event: 'shutting-down', data: {} });
}

/** A field is a line: JSON has no line breaks of its own, and a name or id with one would be two fields. */
function encoded({ event, id, data }: ServerEvent): Buffer {
  const fields = Object.entries({ event, id, data: JSON.stringify(data) ?? 'null' });
  const lines = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value?.replaceAll(/[\r\n]/g, ' ')}\n`);
  return Buffer.from(`${lines.join('')}\n`);
}
