import { paced, type Script } from './pacing.ts';
import { jsonReply, rawReply } from './replies.ts';
import { paceOf } from './stream-shape.ts';

export interface Events {
  readonly model: string;
  readonly events: Iterable<unknown>;
}

/** Server-sent events, one for each value, then `[DONE]`: what `stream: true` asks for. */
export function eventStream({ model, events }: Events): Response {
  const disturb = disturbances[model] ?? whole;
  return rawReply(paced(disturb(linesOf(events)), paceOf(model)), 'text/event-stream');
}

/** A JSON answer; of a model that breaks off, its first half and then no proper end. */
export function answer(model: string, body: unknown): Response {
  return model === 'mock/broken-stream' ? halfAnswer(JSON.stringify(body)) : jsonReply(body);
}

function halfAnswer(json: string): Response {
  const script = { pieces: [json.slice(0, json.length / 2)], end: 'break' } as const;
  return rawReply(paced(script, paceOf('mock/broken-stream')), 'application/json');
}

/** What becomes of a stream's lines, by the model's name. */
const disturbances: Readonly<Record<string, (lines: Iterable<string>) => Script>> = {
  'mock/broken-stream': (lines) => ({ pieces: halfOf(lines), end: 'break' }),
  'mock/stalled-stream': (lines) => ({ pieces: halfOf(lines), end: 'silence' }),
  'mock/no-end': (lines) => ({ pieces: lines, end: 'close' }),
  'mock/malformed-stream': (lines) => ({
    pieces: [...halfOf(lines), lineOf('{"choices": [')],
    end: 'close',
  }),
  'mock/error-stream': (lines) => ({
    pieces: [...halfOf(lines), lineOf(JSON.stringify(outOfMemory))],
    end: 'close',
  }),
  'mock/endless-stream': (lines) => ({ pieces: again(halfOf(lines)), end: 'close' }),
};

const outOfMemory = {
  error: { message: 'CUDA out of memory', type: 'server_error', param: null, code: 500 },
};

function whole(lines: Iterable<string>): Script {
  return { pieces: withDone(lines), end: 'close' };
}

function* withDone(lines: Iterable<string>): Generator<string> {
  yield* lines;
  yield lineOf('[DONE]');
}

function* linesOf(events: Iterable<unknown>): Generator<string> {
  for (const event of events) yield lineOf(JSON.stringify(event));
}

function halfOf(lines: Iterable<string>): readonly string[] {
  const all = [...lines];
  return all.slice(0, Math.ceil(all.length / 2));
}

function lineOf(data: string): string {
  return `data: ${data}\n\n`;
}

function* again(lines: readonly string[]): Generator<string> {
  for (;;) yield* lines;
}
