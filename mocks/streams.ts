import { setTimeout as sleep } from 'node:timers/promises';

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
  const lines = events.map((event) => lineOf(JSON.stringify(event)));
  const disturb = disturbances[model] ?? whole;
  return rawReply(bytesOf(paced(disturb(lines), signal)), 'text/event-stream');
}

/** A JSON answer; of a model that breaks off, its first half and then no proper end. */
export function answer(model: string, body: unknown): Response {
  if (model !== 'mock/broken-stream') return jsonReply(body);
  const json = JSON.stringify(body);
  return rawReply(bytesOf(paced(brokenOff([json.slice(0, json.length / 2)]))), 'application/json');
}

type Lines = Iterable<string | typeof silence>;

/** No more comes until the client leaves. */
const silence = Symbol('silence');

/** What becomes of a stream's lines, by the model's name. */
const disturbances: Readonly<Record<string, (lines: readonly string[]) => Lines>> = {
  'mock/broken-stream': (lines) => brokenOff(halfOf(lines)),
  'mock/stalled-stream': (lines) => [...halfOf(lines), silence],
  'mock/no-end': (lines) => lines,
  'mock/malformed-stream': (lines) => [...halfOf(lines), lineOf('{"choices": [')],
  'mock/error-stream': (lines) => [...halfOf(lines), lineOf(JSON.stringify(outOfMemory))],
  'mock/endless-stream': (lines) => forever(halfOf(lines)),
};

const outOfMemory = {
  error: { message: 'CUDA out of memory', type: 'server_error', param: null, code: 500 },
};

function whole(lines: readonly string[]): Lines {
  return [...lines, lineOf('[DONE]')];
}

function halfOf(lines: readonly string[]): readonly string[] {
  return lines.slice(0, Math.ceil(lines.length / 2));
}

function lineOf(data: string): string {
  return `data: ${data}\n\n`;
}

/** Ends, without an error that nobody would read, when the client has gone. */
async function* paced(lines: Lines, signal?: AbortSignal): AsyncGenerator<string> {
  for (const line of lines) {
    if (signal?.aborted) return;
    if (line === silence) await gone(signal);
    else yield line;
    await sleep(betweenEventsMs);
  }
}

async function gone(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal?.addEventListener('abort', () => resolve(), { once: true });
  await promise;
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
