/** Connections that send a head and never end it, from a process of its own. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { SlowOrder, SlowState } from './slow-connections.ts';

const atOnce = 200;
const dripEveryMs = 5000;
const dripTicks = 50;
const retryMs = 1000;

const sockets = new Set<Socket>();
let closed = 0;

process.on('message', (order: SlowOrder) => void answer(order).then((state) => process.send?.(state)));

async function answer(order: SlowOrder): Promise<SlowState> {
  if (order.open > 0) {
    for (let opened = 0; opened < order.open; opened += atOnce)
      await Promise.all(Array.from({ length: Math.min(atOnce, order.open - opened) }, () => open(order)));
    void drip();
  }
  return { open: sockets.size, closed };
}

/** Begins a request. What the server closes comes again, as who means harm would. */
async function open(order: SlowOrder): Promise<void> {
  const socket = connect({ port: order.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  socket.on('error', () => {}); // it is closed then
  socket.on('data', () => {}); // a refusal
  socket.once('close', () => {
    closed += 1;
    sockets.delete(socket);
    setTimeout(() => void open(order), retryMs);
  });
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  if (socket.destroyed) return;
  sockets.add(socket);
  socket.write('GET /api/health HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
}

/** Every other connection sends a byte now and then, a few of them at a time; the rest say no more. */
async function drip(): Promise<void> {
  for (let tick = 0; ; tick = (tick + 1) % dripTicks) {
    for (const [at, socket] of [...sockets].entries())
      if (at % 2 === 0 && (at / 2) % dripTicks === tick) socket.write('x');
    await delay(dripEveryMs / dripTicks);
  }
}
