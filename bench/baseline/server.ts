/** The persistent process behind a plain HTTP server: `node server.ts PYTHON`. Prints its port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const directory = mkdtempSync(join(tmpdir(), 'persistent-'));
process.on('exit', () => rmSync(directory, { recursive: true }));

const connection = await connectPython(join(directory, 'python.sock'), process.argv[2] ?? 'python3');
const waiting: ((answer: Buffer) => void)[] = [];
let received = Buffer.alloc(0);
connection.on('data', (chunk: Buffer) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
    const end = 4 + received.readUInt32BE();
    waiting.shift()?.(received.subarray(4, end));
    received = received.subarray(end);
  }
});

const server = createHttpServer(async (request, response) => {
  const answer = await call(await buffer(request));
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
    .end(answer);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.once('SIGTERM', () => process.exit(0));
console.log((server.address() as AddressInfo).port);

/** Answers come in the order of the calls. */
async function call(payload: Buffer): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  waiting.push(resolve);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(payload.length);
  connection.write(Buffer.concat([header, payload]));
  return promise;
}

async function connectPython(path: string, python: string): Promise<Socket> {
  const listener = createServer().listen(path);
  await once(listener, 'listening');
  spawn(python, [join(import.meta.dirname, 'persistent.py'), path], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [socket] = (await once(listener, 'connection')) as [Socket];
  return socket.once('close', () => process.exit(1));
}
