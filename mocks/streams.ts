import { setTimeout as sleep } from 'node:timers/promises';

import { isBroken, isEndless } from './failures.ts';
import { jsonReply, rawReply } from './replies.ts';

/** Apart far enough to be seen as a stream, near enough for tests. */
const betweenEventsMs = 10;

export interface Events {
  readonly model: string;
  readonly events: readonly unknown[];
  /** The client's: it ends the stream. */
  readonly signal: AbortSignal;
}

/** Server-sent events, one for each value, then `[DONE]`: what `stream: true` asks for. */
export function eventStream({ model, events, signal }: Events): Response {
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return rawReply(bytesOf(paced(linesFor(model, lines), signal)), 'text/event-stream');
}

/** A JSON answer; of a model that breaks off, its first half and then no proper end. */
export function answer(model: string, body: unknown): Response {
  if (!isBroken(model)) return jsonReply(body);
  const json = JSON.stringify(body);
  return rawReply(bytesOf(paced(brokenOff([json.slice(0, json.length / 2)]))), 'application/json');
}

function linesFor(model: string, lines: readonly string[]): Iterable<string> {
  if (isBroken(model)) return brokenOff(lines.slice(0, Math.ceil(lines.length / 2)));
  if (isEndless(model)) return forever(lines.slice(0, Math.ceil(lines.length / 2)));
  return [...lines, 'data: [DONE]\n\n'];
}

/** Ends, without an error that nobody would read, when the client has gone. */
async function* paced(lines: Iterable<string>, signal?: AbortSignal): AsyncGenerator<string> {
  for (const line of lines) {
    if (signal?.aborted) return;
    yield line;
    await sleep(betweenEventsMs);
  }
}

function* brokenOff(lines: readonly string[]): Generator<string> {
  yield* lines;
  throw new Error('mock/broken-stream breaks off here');
}

function* forever(lines: readonly string[]): Generator<string> {
  for (;;) yield* lines;
}

/** A stream that asks for the next piece only when the last was taken, and lets go when it is cancelled. */
function bytesOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
