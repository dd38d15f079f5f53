import { errorReply, jsonReply, rawReply } from './replies.ts';

const failures: ReadonlyMap<string, () => Response> = new Map([
  [
    'mock/loading',
    () =>
      jsonReply({ error: 'Model mock/loading is currently loading', estimated_time: 20 }, { status: 503 }),
  ],
  ['mock/rate-limited', () => errorReply(429, 'Rate limit reached. Please log in or use a HF access token')],
  [
    'mock/retry-after',
    () => errorReply(429, 'Too Many Requests: model is overloaded', { 'retry-after': '1' }),
  ],
  [
    'mock/no-credits',
    () =>
      errorReply(
        402,
        'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits.',
      ),
  ],
  [
    'mock/forbidden',
    () =>
      errorReply(
        403,
        'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user mock',
      ),
  ],
  ['mock/gone', () => errorReply(410, 'https://api-inference.huggingface.co is no longer supported.')],
  ['mock/error', () => errorReply(500, 'Internal Server Error')],
  ['mock/bad-gateway', () => errorReply(502, 'Bad Gateway')],
  ['mock/timeout', () => errorReply(504, 'Gateway Timeout')],
  ['mock/malformed', () => rawReply('<html>', 'application/json')],
]);

const slowMs = 2000;

/** The longest that a timer waits, 24 days. */
const foreverMs = 2 ** 31 - 1;

/**
 * What a model of the name provokes, so that every failure of the real service can be had when it is wanted.
 *
 * | model | what happens |
 * |---|---|
 * | `mock/loading` | 503 with `estimated_time` |
 * | `mock/rate-limited` | 429 without Retry-After, as the service mostly sends it |
 * | `mock/retry-after` | 429 with `Retry-After: 1` |
 * | `mock/no-credits` | 402 |
 * | `mock/forbidden` | 403 |
 * | `mock/gone` | 410 |
 * | `mock/error`, `mock/bad-gateway`, `mock/timeout` | 500, 502, 504, at once |
 * | `mock/malformed` | 200 whose body is no JSON |
 * | `mock/slow`, `mock/slow-250` | answers after 2 s, after 250 ms |
 * | `mock/hang` | answers never; ends when the client goes |
 * | `mock/broken-stream` | the body breaks off in its middle, streamed or not (on a port the connection is cut; within the process msw ends the body there) |
 * | `mock/endless-stream` | a stream that ends when the client goes; not streamed it is an ordinary answer |
 *
 * A token `hf_invalid`, and none, is a 401; a model that is not in the table of models is a 404, or a 400
 * `model_not_supported` from chat.
 *
 * @returns the failure; undefined for a model that answers, after its delay
 */
export async function provoked(model: string, signal: AbortSignal): Promise<Response | undefined> {
  await pause(delayOf(model), signal);
  if (signal.aborted) return errorReply(499, 'Client Closed Request');
  return failures.get(model)?.();
}

/** Whether a name is one of those that provoke something, and so needs no entry in the table of models. */
export function isProvoking(model: string): boolean {
  return failures.has(model) || delayOf(model) > 0 || isBroken(model) || isEndless(model);
}

/** Whether the model's answers break off. */
export function isBroken(model: string): boolean {
  return model === 'mock/broken-stream';
}

/** Whether the model's streams go on until the client leaves. */
export function isEndless(model: string): boolean {
  return model === 'mock/endless-stream';
}

function delayOf(model: string): number {
  if (model === 'mock/hang') return foreverMs;
  const match = /^mock\/slow(?:-(?<delayMs>\d+))?$/.exec(model);
  return match === null ? 0 : Math.min(Number(match.groups?.delayMs ?? slowMs), foreverMs);
}

/** Until the time is over or the client has gone. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs === 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
