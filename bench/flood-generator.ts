/** A flood, from a process of its own: requests at a rate, whether those before are answered or not. */
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { Pool } from 'undici';

import type { Flood, FloodResult } from './flood.ts';
import type { Order } from './normal-client.ts';
import { percentile } from './statistics.ts';

setPriority(5); // who floods has cores of his own elsewhere: here he leaves the server those that it needs

/** What was due while the machine let this process wait does not all come at once. */
const burstMs = 20;

process.on('message', (flood: Flood) => void send(flood).then((result) => process.send?.(result)));

async function send({ order, perSecond, maxOpen, ms, localAddress }: Flood): Promise<FloodResult> {
  const pool = new Pool(new URL(order.url).origin, { connections: maxOpen, localAddress });
  const tally = new Tally();
  let heldBack = 0;
  const startedAt = performance.now();
  for (let elapsedMs = 0; elapsedMs < ms; elapsedMs = performance.now() - startedAt) {
    const due = Math.floor((elapsedMs * perSecond) / 1000) - tally.sent - heldBack;
    const sending = Math.min(due, Math.ceil((burstMs * perSecond) / 1000), maxOpen - tally.open);
    for (let count = 0; count < sending; count += 1) void ask(pool, order, tally);
    heldBack += due - sending;
    await delay(1);
  }
  const result = tally.result(ms);
  await pool.destroy();
  return { ...result, heldBack };
}

async function ask(pool: Pool, { url, headers, body }: Order, tally: Tally): Promise<void> {
  const ended = tally.begin();
  try {
    const method = body === undefined ? 'GET' : 'POST';
    const path = new URL(url).pathname;
    const answer = await pool.request({ path, method, headers, ...(body !== undefined && { body }) });
    await answer.body.dump();
    ended(String(answer.statusCode));
  } catch {
    ended('failed');
  }
}

/** What has become of the requests. */
class Tally {
  sent = 0;
  open = 0;
  readonly #counts: Record<string, number> = {};
  readonly #acceptedMs: number[] = [];

  /** @returns what is to be called with the status when there is one. */
  begin(): (status: string) => void {
    const sentAt = performance.now();
    this.sent += 1;
    this.open += 1;
    return (status) => {
      this.open -= 1;
      this.#counts[status] = (this.#counts[status] ?? 0) + 1;
      if (status === '200') this.#acceptedMs.push(performance.now() - sentAt);
    };
  }

  result(ms: number): Omit<FloodResult, 'heldBack'> {
    return {
      sentPerSecond: (this.sent * 1000) / ms,
      unanswered: this.open,
      counts: { ...this.#counts },
      acceptedP99Ms: this.#acceptedMs.length > 0 ? percentile(this.#acceptedMs, 99) : NaN,
    };
  }
}
