import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { apiKey, TestServer } from '../tests/server.ts';
import { memoryOf } from './processes.ts';
import { formatNumber, type Row } from './report.ts';
import { productionEnvironment } from './service.ts';

const megabyte = 1024 ** 2;
const fileBytes = 500 * megabyte;
const pieceBytes = 64 * 1024;
const sampleMs = 20;
const head = '--bench\r\ncontent-disposition: form-data; name="file"; filename="file.bin"\r\n\r\n';
const tail = '\r\n--bench--\r\n';

/** One upload to a server that has served nothing but a small one, and the most that it has resident meanwhile. */
export async function measureUpload(root: string): Promise<Row> {
  await using server = await TestServer.start({ root, env: productionEnvironment });
  await upload(server.url, megabyte); // compiles the code, loads the worker
  const before = memoryOf(server.pid).rssBytes;
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, memoryOf(server.pid).rssBytes)), sampleMs);
  const startedAt = performance.now();
  try {
    await upload(server.url, fileBytes);
  } finally {
    clearInterval(sampler);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    measure: `Upload of ${fileBytes / megabyte} MB to a File parameter: growth of the server, resident`,
    result: { value: (most - before) / megabyte, unit: 'MB' },
    figures: [
      `from ${formatNumber(before / megabyte)} MB to at most ${formatNumber(most / megabyte)} MB`,
      `${formatNumber(fileBytes / megabyte / seconds)} MB/s`,
    ],
    target: 'uploadMegabytes',
  };
}

/** Sends a file that is made on the way, never held. */
async function upload(url: string, bytes: number): Promise<void> {
  const outgoing = request(`${url}/api/workers/uploads/size`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'multipart/form-data; boundary=bench',
      'content-length': head.length + bytes + tail.length,
    },
  });
  const responded = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(form(bytes)), outgoing);
  const [response] = await responded;
  const answer = await text(response);
  if (answer !== String(bytes)) throw new Error(`expected ${bytes}, got ${answer}`);
}

function* form(bytes: number): Generator<Buffer> {
  yield Buffer.from(head);
  const piece = Buffer.alloc(pieceBytes, 'abcdefghijklmnopqrstuvwxyz\r\n');
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
  yield Buffer.from(tail);
}
