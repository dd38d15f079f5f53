/** PUT and GET of files by nothing but `pipeline`: `node file-server.ts DIRECTORY`. Prints its port. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [, , directory = ''] = process.argv;
const server = createServer((request, response) => {
  const path = join(directory, String(request.url).slice(1));
  const serve = request.method === 'PUT' ? put : get;
  serve(path, request, response).catch(() => response.destroy());
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.once('SIGTERM', () => process.exit(0));
console.log((server.address() as AddressInfo).port);

/** With what a file needs that is to be there after a crash. */
async function put(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await pipeline(request, createWriteStream(`${path}.incoming`, { flush: true }));
  await rename(`${path}.incoming`, path);
  await using folder = await open(directory, 'r');
  await folder.sync();
  response.writeHead(201).end();
}

async function get(path: string, _: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-length': (await stat(path)).size });
  await pipeline(createReadStream(path), response);
}
