/** The persistent process behind a plain HTTP server: `node server.ts PYTHON`. Prints its port. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { PersistentClient } from '../overlay/persistent/client.ts';

const client = await PersistentClient.start(
  process.argv[2] ?? 'python3',
  join(import.meta.dirname, 'persistent.py'),
);
const server = createServer(async (request, response) => {
  const answer = await client.call(await buffer(request));
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
    .end(answer);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.once('SIGTERM', () => process.exit(0));
console.log((server.address() as AddressInfo).port);
