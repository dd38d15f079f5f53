import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { itemStreamResponse } from '../../lib/functions/item-stream-response.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const telling = { requestId: 'r', production: true };

/** The first item comes after so many seconds. */
async function* late(seconds: number): AsyncGenerator<Buffer> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  yield Buffer.from('1');
}

it('sends a comment every 15 seconds while there is no event', async () => {
  const response = itemStreamResponse(late(40), { format: 'text/event-stream', ...telling });
  const text = response.text();
  await vi.advanceTimersByTimeAsync(41_000);
  expect(await text).toBe(': stream\n\n: heartbeat\n\n: heartbeat\n\ndata: 1\n\nevent: end\ndata: {}\n\n');
});

it('sends no comment among lines, which have none', async () => {
  const response = itemStreamResponse(late(40), { format: 'application/x-ndjson', ...telling });
  const text = response.text();
  await vi.advanceTimersByTimeAsync(41_000);
  expect(await text).toBe('1\n');
});

it('leaves the items when it is canceled between two of them', async () => {
  const left = vi.fn<() => Promise<IteratorResult<Buffer>>>();
  const items = { next: async () => ({ done: false, value: Buffer.from('1') }) as const, return: left };
  const response = itemStreamResponse(items, { format: 'text/event-stream', ...telling });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.read();
  await reader?.cancel();
  expect(left).toHaveBeenCalledOnce();
});
