/** A server with OpenAI's chat that costs next to nothing, as what is measured is what stands before it. Prints its port. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Chat {
  readonly model: string;
  readonly stream?: boolean;
  /** Events of a stream, and how far they are apart. */
  readonly events?: number;
  readonly everyMs?: number;
}

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'whole',
  choices: [{ index: 0, message: { role: 'assistant', content: 'A word or two.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
});

const server = createServer(async (request, response) => {
  const chat = (request.method === 'POST' ? await json(request) : {}) as Chat;
  if (chat.stream) stream(chat, response);
  else if (chat.model === 'flaky' && random() < 0.5) refuse(response);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
}).listen(0, '127.0.0.1');
server.keepAliveTimeout = 60_000;
await once(server, 'listening');
process.once('SIGTERM', () => process.exit(0));
console.log((server.address() as AddressInfo).port);

/** Each event says when it was sent, in milliseconds. */
function stream({ events = 100, everyMs = 10 }: Chat, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < events) response.write(`data: ${JSON.stringify(chunk())}\n\n`);
    else response.end('data: [DONE]\n\n');
    if (sent === events) clearInterval(timer);
    sent += 1;
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}

function chunk() {
  const content = String(performance.timeOrigin + performance.now());
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'stamped',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"busy"}');
}

/** Seeded, so that each run falls in the same way (Park and Miller, 1988). */
let seed = 20_260_101;
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}
