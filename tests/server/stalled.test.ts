import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { endStalled } from '../../lib/server/stalled.ts';
import { waitFor } from '../server.ts';

const stalledMs = 300;
const size = 64 * 1024 ** 2;
let server: Server;

beforeAll(async () => {
  server = createServer(async ({ url }, response) => {
    if (url === '/late') await delay(3 * stalledMs);
    response.end(url === '/large' ? Buffer.alloc(size) : 'done');
  });
  endStalled(server, stalledMs);
  await once(server.listen(0), 'listening');
});
afterAll(() => void server.close());

async function ask(path: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(request({ port, path }).end(), 'response')) as [IncomingMessage];
  return response;
}

it('ends a connection whose client takes nothing of its answer', async () => {
  const response = await ask('/large');
  let failed: unknown;
  response.on('error', (error) => (failed = error));
  await delay(3 * stalledMs);
  response.resume();
  await waitFor(() => failed);
});

it('leaves one alone that reads slowly, and one whose answer takes its time', async () => {
  const late = ask('/late');
  let bytes = 0;
  for await (const piece of await ask('/large')) {
    if (bytes === 0 || Math.floor(bytes / 2 ** 23) < Math.floor((bytes + piece.length) / 2 ** 23))
      await delay(stalledMs / 2);
    bytes += piece.length;
  }
  expect(bytes).toBe(size);
  expect(String(await (await late).read())).toBe('done');
});
