import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { apiKey, TestServer } from '../server.ts';
import { lying, Tus } from '../uploads/tus.ts';

const directory = mkdtempSync(join(tmpdir(), 'data-'));
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ root: inject('root'), env: { HEADY_DATA_DIR: directory } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** Sends a head and the begin of a body, then a byte a second. @returns what is answered until the connection ends. */
async function drip(head: readonly string[], begin = ''): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const lines = [...head, 'host: x', `authorization: Bearer ${apiKey}`, 'content-length: 1000000'];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${begin}`);
  const dripping = setInterval(() => socket.write('x'), 1000);
  socket.on('error', () => undefined); // a byte that comes too late
  let answer = '';
  try {
    for await (const piece of socket) answer += String(piece);
  } finally {
    clearInterval(dripping);
  }
  return answer;
}

it('a body that hardly comes is given up, is answered, and leaves nothing', async () => {
  const tus = new Tus(server);
  const location = await tus.made(1_000_000);
  const before = lying(directory);
  const form = '--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\n';
  const answers = await Promise.all([
    drip(['PUT /api/files/slow HTTP/1.1']),
    drip(['POST /api/files/slow HTTP/1.1', 'content-type: multipart/form-data; boundary=b'], form),
    drip([
      `PATCH ${location} HTTP/1.1`,
      'tus-resumable: 1.0.0',
      'upload-offset: 0',
      'content-type: application/offset+octet-stream',
    ]),
    drip(['POST /api/links HTTP/1.1', 'content-type: application/json']),
    drip(['POST /api/workers/everyday/run_subprocess HTTP/1.1', 'content-type: application/json']),
  ]);
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request-timeout"/);
  expect(await tus.offset(location)).toBeGreaterThan(20); // of tus, what came counts
  expect(lying(directory)).toEqual(before);
  expect((await server.fetch('/api/files/slow')).status).toBe(404);
}, 90_000);
