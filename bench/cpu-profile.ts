import { setTimeout as delay } from 'node:timers/promises';

import { waitFor } from '../tests/server.ts';

/** What of V8's profile is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  /** The node that was at work at each time. */
  readonly samples: readonly number[];
  /** Microseconds from one sample to the next. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

const intervalMicroseconds = 200;

/** The CPU profile of a process that was started with `--inspect` on this port. */
export async function profileProcess(port: number, ms: number): Promise<CpuProfile> {
  const [target] = await waitFor(() => inspectorTargets(port));
  if (!target) throw new Error(`nothing to inspect on port ${port}`);
  const inspector = await Inspector.connect(target.webSocketDebuggerUrl);
  await inspector.send('Profiler.enable');
  await inspector.send('Profiler.setSamplingInterval', { interval: intervalMicroseconds });
  await inspector.send('Profiler.start');
  await delay(ms);
  const { profile } = (await inspector.send('Profiler.stop')) as { profile: CpuProfile };
  inspector.close();
  return profile;
}

/** By function, or by whatever `keyOf` makes of one, the largest first. */
export function selfTimes(
  { nodes, samples, timeDeltas }: CpuProfile,
  keyOf: (frame: CpuProfile['nodes'][number]['callFrame']) => Pick<SelfTime, 'name' | 'place'>,
): SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const sums = new Map<string, Omit<SelfTime, 'share'> & { microseconds: number }>();
  let total = 0;
  for (const [at, sample] of samples.entries()) {
    const frame = frames.get(sample);
    const microseconds = timeDeltas[at] ?? 0;
    if (!frame || frame.functionName === '(idle)') continue;
    total += microseconds;
    const key = keyOf(frame);
    const sum = sums.get(`${key.name} ${key.place}`) ?? { ...key, microseconds: 0 };
    sums.set(`${key.name} ${key.place}`, { ...sum, microseconds: sum.microseconds + microseconds });
  }
  return [...sums.values()]
    .map(({ name, place, microseconds }) => ({ name, place, share: microseconds / total }))
    .toSorted((a, b) => b.share - a.share);
}

async function inspectorTargets(port: number): Promise<{ webSocketDebuggerUrl: string }[] | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined); // it starts
  return response && ((await response.json()) as { webSocketDebuggerUrl: string }[]);
}

/** A connection to V8's inspector, one command at a time. */
class Inspector {
  readonly #socket: WebSocket;
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Inspector(socket);
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    this.#sent += 1;
    const id = this.#sent;
    const answered = new Promise((resolve) => {
      const take = ({ data }: MessageEvent<string>) => {
        const message = JSON.parse(data) as { id?: number; result?: unknown };
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', take);
        resolve(message.result);
      };
      this.#socket.addEventListener('message', take);
    });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }

  close(): void {
    this.#socket.close();
  }
}
