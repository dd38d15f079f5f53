import { setTimeout as sleep } from 'node:timers/promises';

import { errorReply, jsonReply, rawReply } from './replies.ts';
import type { MockState } from './state.ts';
import { streamShape } from './stream-shape.ts';

interface Given {
  readonly state: MockState;
  /** At the end of the model's name, as 250 in `mock/slow-250`. */
  readonly number: number | undefined;
  /** The client's: it ends the waiting. */
  readonly signal: AbortSignal;
}

type Reply = Response | undefined | Promise<Response | undefined>;

/** What a model of some name provokes, so that every failure of the real services can be had when it is wanted. */
interface Provocation {
  readonly model: string;
  /** In words; `N` stands for a number at the end of the name. */
  readonly what: string;
  /** Answers in the model's place; where there is nothing the model answers, though its stream may be disturbed. */
  readonly reply?: (given: Given) => Reply;
}

const slowMs = 2000;
const loadingSeconds = 1;

export const provocations: readonly Provocation[] = [
  refusal('unauthorized', 401, 'Invalid username or password.'),
  refusal('no-credits', 402, 'You have exceeded your monthly included credits for Inference Providers.'),
  refusal('forbidden', 403, 'This token has no permission to call Inference Providers.'),
  refusal('missing', 404, 'Model mock/missing does not exist'),
  refusal('gone', 410, 'https://api-inference.huggingface.co is no longer supported.'),
  refusal('invalid', 422, 'Input validation error: inputs must have less than 1024 tokens'),
  {
    model: 'mock/rate-limited',
    what: '429 with `Retry-After: 1`, always',
    reply: () => rateLimited({ 'retry-after': '1' }),
  },
  {
    model: 'mock/rate-limited-once',
    what: '429 with `Retry-After: 1`, then an answer, by turns',
    reply: ({ state }) =>
      state.isTurn('rate-limited-once') ? rateLimited({ 'retry-after': '1' }) : undefined,
  },
  {
    model: 'mock/rate-limited-bare',
    what: '429 without it, as Hugging Face mostly sends it',
    reply: () => rateLimited({}),
  },
  {
    model: 'mock/loading',
    what: '503 with `estimated_time` for a second from the first call on, `mock/loading-N` for N seconds; then it answers, for a minute',
    reply: ({ state, number = loadingSeconds }) => loading(state.loadingSecondsLeft(number)),
  },
  {
    model: 'mock/always-loading',
    what: '503 with `estimated_time`, always',
    reply: () => loading(20),
  },
  {
    model: 'mock/flaky',
    what: '503 for half of the calls, at random',
    reply: ({ state }) => (state.toss() ? errorReply(503, 'Service Unavailable') : undefined),
  },
  refusal('error', 500, 'Internal Server Error'),
  refusal('bad-gateway', 502, 'Bad Gateway'),
  refusal('timeout', 504, 'Gateway Timeout'),
  {
    model: 'mock/slow',
    what: 'an answer after 2 seconds, `mock/slow-N` after N milliseconds',
    reply: async ({ number = slowMs, signal }) => pause(number, signal),
  },
  {
    model: 'mock/hang',
    what: 'no answer, ever',
    reply: async ({ signal }) => pause(foreverMs, signal),
  },
  {
    model: 'mock/malformed',
    what: '200 whose body is no JSON',
    reply: () => rawReply('<html>', 'application/json'),
  },
  {
    model: 'mock/wrong-type',
    what: '200 with a page in HTML',
    reply: () => rawReply('<html>', 'text/html'),
  },
  { model: 'mock/empty', what: '200 without a body', reply: () => rawReply('', 'application/json') },
  {
    model: 'mock/stream',
    what: 'a text of 100 words whose stream has one every 10 ms, `mock/stream-N-M` of N words every M ms',
  },
  { model: 'mock/broken-stream', what: 'an answer that breaks off in its middle, streamed or not' },
  { model: 'mock/stalled-stream', what: 'a stream that goes silent in its middle' },
  { model: 'mock/no-end', what: 'a stream that ends without `data: [DONE]`' },
  { model: 'mock/malformed-stream', what: 'a stream with an event that is no JSON' },
  { model: 'mock/error-stream', what: 'a stream that tells of an error in its middle' },
  { model: 'mock/endless-stream', what: 'a stream that ends when the client leaves' },
];

/** The failure that a model of this name provokes; undefined where the model answers, after its delay. */
export async function provoked(model: string, given: Omit<Given, 'number'>): Promise<Response | undefined> {
  const found = find(model);
  return found?.provocation.reply?.({ ...given, number: found.number });
}

/** Whether a name is one of those that provoke something, and so needs no entry in the table of models. */
export function isProvoking(model: string): boolean {
  return find(model) !== undefined;
}

interface Found {
  readonly provocation: Provocation;
  readonly number: number | undefined;
}

function find(model: string): Found | undefined {
  const whole = byName.get(streamShape(model) ? 'mock/stream' : model);
  if (whole) return { provocation: whole, number: undefined };
  const { name = '', number } =
    /^(?<name>mock\/(?:slow|loading))-(?<number>\d{1,9})$/.exec(model)?.groups ?? {};
  const provocation = byName.get(name);
  return provocation && { provocation, number: Number(number) };
}

const byName: ReadonlyMap<string, Provocation> = new Map(
  provocations.map((provocation) => [provocation.model, provocation]),
);

function refusal(name: string, status: number, message: string): Provocation {
  return { model: `mock/${name}`, what: `${status}`, reply: () => errorReply(status, message) };
}

function rateLimited(headers: Readonly<Record<string, string>>): Response {
  return errorReply(429, 'Too Many Requests: model is overloaded', headers);
}

function loading(secondsLeft: number): Response | undefined {
  if (secondsLeft <= 0) return undefined;
  const body = { error: 'Model mock/loading is currently loading', estimated_time: secondsLeft };
  return jsonReply(body, { status: 503 });
}

/** The longest that a timer waits, 24 days. */
const foreverMs = 2 ** 31 - 1;

/** Until the time is over or the client has gone. */
async function pause(delayMs: number, signal: AbortSignal): Promise<Response | undefined> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  return signal.aborted ? errorReply(499, 'Client Closed Request') : undefined;
}
