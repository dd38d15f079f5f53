import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { memoryOf } from '../../bench/processes.ts';
import { TestServer } from '../server.ts';
import { completion, delta } from './scripted-backend.ts';

/** Answers with bytes of a test's choosing, so also with what is no HTTP. */
let answer: (socket: Socket) => void | Promise<void> = (socket) => void socket.end();
let backend: Server;
let server: TestServer;

beforeAll(async () => {
  backend = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => void answer(socket));
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const address = backend.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server = await TestServer.start({
    root: inject('root'),
    env: {
      HF_TOKEN: 'hf_token_of_the_tests',
      HEADY_HF_MOCK: '0',
      HEADY_HF_URL: `http://127.0.0.1:${port}`,
      HEADY_INFERENCE_FIRST_BYTE_TIMEOUT: '1s',
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  backend.close();
});

async function ask(stream: boolean): Promise<Response> {
  return server.fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Why?' }], stream }),
  });
}

const whole = JSON.stringify(completion('hello'));
const head = (type: string, more = '') => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${more}\r\n`;
const piece = JSON.stringify(delta('one'));

/** A call that is answered closes the count of the circuit. */
beforeEach(async () => {
  answer = (socket) =>
    void socket.end(head('application/json', `content-length: ${whole.length}\r\n`) + whole);
  await ask(false);
});

describe('a whole answer', () => {
  it.each([
    ['of no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 503],
    ['without a word', '', 503],
    ['that breaks off in its head', 'HTTP/1.1 200 OK\r\ncontent-ty', 503],
    ['with a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(100_000)}`, 502],
    ['that is shorter than it says', head('application/json', 'content-length: 9999\r\n') + whole, 502],
    ['with an odd length', head('application/json', 'content-length: -1\r\n') + whole, 503],
    ['with a chunk of nonsense', head('application/json', 'transfer-encoding: chunked\r\n') + 'zz\r\n', 502],
    [
      'that says it is packed, and is not',
      head('application/json', 'content-encoding: gzip\r\n') + whole,
      502,
    ],
    ['with a status that there is not', 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n', 502],
    ['after interim ones', `HTTP/1.1 103 Early Hints\r\n\r\n${head('application/json')}${whole}`, 200],
  ])('%s is told of, in time', async (_, bytes, status) => {
    answer = (socket) => void socket.end(bytes);
    const response = await ask(false);
    expect([response.status, typeof (await response.json())]).toEqual([status, 'object']);
  });

  it('that unpacks to far more than it was is not unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(1024 ** 3), { level: 9 });
    const before = memoryOf(server.pid).rssBytes;
    answer = (socket) => {
      socket.write(
        head('application/json', `content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`),
      );
      socket.end(packed);
    };
    expect((await ask(false)).status).toBe(502);
    expect(memoryOf(server.pid).rssBytes - before).toBeLessThan(300e6);
  });
});

describe('a message', () => {
  const token = 'hf_token_of_the_tests';

  it('shows nothing of the token where it is cut', async () => {
    for (const before of [975, 985, 990, 995]) {
      const said = JSON.stringify({ error: `${'x'.repeat(before)}${token}${'y'.repeat(5000)}` });
      answer = (socket) =>
        void socket.end(`HTTP/1.1 400 Bad\r\ncontent-length: ${said.length}\r\n\r\n${said}`);
      const { error } = await (await ask(false)).json();
      expect(error.message).not.toMatch(/hf_/);
      expect(error.message.length).toBeLessThan(1100);
    }
    expect(server.output).not.toMatch(/hf_to/);
  });

  it('of three megabytes is cut for caller and log', async () => {
    const event = JSON.stringify({ error: { message: 'z'.repeat(3e6) } });
    answer = (socket) => void socket.end(`${head('text/event-stream')}data: ${piece}\n\ndata: ${event}\n\n`);
    expect((await (await ask(true)).text()).length).toBeLessThan(2000);
    expect(Math.max(...server.lines.map((line) => JSON.stringify(line).length))).toBeLessThan(5000);
  });

  it('that repeats the token in an answer is given without it', async () => {
    const said = JSON.stringify(completion(`the key is ${token}`));
    answer = (socket) =>
      void socket.end(head('application/json', `content-length: ${said.length}\r\n`) + said);
    expect((await (await ask(false)).json()).choices[0].message.content).toBe('the key is [HF_TOKEN]');
  });

  it('nested without end is no answer', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    answer = (socket) =>
      void socket.end(head('application/json', `content-length: ${deep.length}\r\n`) + deep);
    expect((await ask(false)).status).toBe(502);
  });
});

describe('a stream', () => {
  it.each([
    ['with lines of Windows', `data: ${piece}\r\n\r\ndata: [DONE]\r\n\r\n`],
    [
      'with comments and other fields',
      `: hello\n\nid: 1\nevent: x\nretry: 5\ndata: ${piece}\n\ndata: [DONE]\n\n`,
    ],
    ['with data in several lines', `data: ${piece.replace(',', ',\ndata: ')}\n\ndata: [DONE]\n\n`],
    ['without spaces', `data:${piece}\n\ndata:[DONE]\n\n`],
    ['that goes on after its end', `data: ${piece}\n\ndata: [DONE]\n\ndata: ${piece}\n\n`],
  ])('%s is read as it is meant', async (_, text) => {
    answer = (socket) => void socket.end(head('text/event-stream') + text);
    expect(await (await ask(true)).text()).toBe(`data: ${piece}\n\ndata: [DONE]\n\n`);
  });

  it('that comes byte by byte is put together, characters of several bytes too', async () => {
    const event = JSON.stringify(delta('größer 🙂'));
    answer = async (socket) => {
      socket.setNoDelay(true);
      socket.write(head('text/event-stream; charset=utf-8'));
      for (const byte of Buffer.from(`data: ${event}\n\ndata: [DONE]\n\n`)) {
        socket.write(Buffer.from([byte]));
        await delay(1);
      }
      socket.end();
    };
    expect(await (await ask(true)).text()).toBe(`data: ${event}\n\ndata: [DONE]\n\n`);
  });

  it('with an event without end is ended before it fills the memory', async () => {
    const before = memoryOf(server.pid).rssBytes;
    answer = async (socket) => {
      socket.write(`${head('text/event-stream')}data: ${piece}\n\ndata: `);
      const megabyte = Buffer.alloc(1024 ** 2, 'x');
      for (let sent = 0; sent < 300 && !socket.destroyed; sent += 1)
        if (!socket.write(megabyte))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
      socket.destroy();
    };
    const text = await (await ask(true)).text();
    expect(text).toMatch(/^data: .*\n\ndata: \{"error":\{"message":"Hugging Face: /);
    expect(memoryOf(server.pid).rssBytes - before).toBeLessThan(200e6);
  });

  it('that is whole JSON in place of events is told of', async () => {
    answer = (socket) => void socket.end(head('application/json') + whole);
    expect((await ask(true)).status).toBe(502);
  });
});
