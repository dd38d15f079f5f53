import { type Child, type ChildEnd, orKill } from './child.ts';
import { FrameKind } from './frames.ts';
import type { InstanceMemory } from './instance-memory.ts';
import type { InstanceWatchdog } from './instance-watchdog.ts';
import type { Lease } from './lease.ts';
import type { Limits } from './limits.ts';
import { type ChildError, errorMessage, readMessage } from './messages.ts';
import { processTree } from './process-tree.ts';
import { type Breach, Watchdog } from './watchdog.ts';

/** How a call ended, as seen by the one who waits for it. */
export type Verdict =
  | { readonly kind: 'result'; readonly json: Buffer }
  | { readonly kind: 'error'; readonly error: ChildError }
  | { readonly kind: 'stopped'; readonly by: Breach['limit'] | 'timeout' | 'output'; readonly used: number }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'evicted'; readonly used: number; readonly instance: InstanceMemory }
  | { readonly kind: 'crashed'; readonly end: ChildEnd };

/** What the child is told of its call. */
export interface CallOrder {
  readonly invocationId: string;
  readonly requestId: string;
  readonly function: string;
  /** Beside the interpreter's own, all that the function's process has. */
  readonly environment: Readonly<Record<string, string>>;
}

interface ServeOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly instance: InstanceWatchdog;
  readonly idlePid: () => number | undefined;
}

export interface Served {
  readonly verdict: Verdict;
  readonly peakMemoryBytes: number;
  /** Goes on until it is disposed of: what passes a limit while it cleans up, or after its answer, is killed. */
  readonly watchdog: Disposable;
}

const maxErrorBytes = 1024 ** 2;
/** How long a process may live on after it has closed its connection. */
const endGraceMs = 1000;

/** Gives a child its call and waits for the answer, or for the first limit that it hits. */
export async function serveCall(
  { child, cpuBeforeMs }: Lease,
  order: CallOrder,
  input: Uint8Array,
  options: ServeOptions,
): Promise<Served> {
  const { limits, signal, instance, idlePid } = options;
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const cancel = () => resolve({ kind: 'canceled' });
  const deadline = setTimeout(
    () => resolve({ kind: 'stopped', by: 'timeout', used: limits.timeoutMs }),
    limits.timeoutMs,
  );
  signal.addEventListener('abort', cancel, { once: true });
  let answered = false;
  const watchdog = new Watchdog(child, {
    limits,
    cpuBeforeMs,
    idlePid,
    onBreach: ({ limit, used }) => (answered ? child.kill() : resolve({ kind: 'stopped', by: limit, used })),
  });
  const residentBytes = () => processTree(child.pid).residentBytes;
  using _ = instance.watch({
    residentBytes,
    evict: (memory) => resolve({ kind: 'evicted', used: residentBytes(), instance: memory }),
  });
  try {
    if (signal.aborted) cancel();
    else void exchange(child, order, { input, limits }).then(resolve);
    const verdict = await promise;
    return { verdict, peakMemoryBytes: watchdog.peakMemoryBytes, watchdog };
  } finally {
    answered = true;
    clearTimeout(deadline);
    signal.removeEventListener('abort', cancel);
  }
}

async function exchange(
  child: Child,
  order: CallOrder,
  { input, limits }: { input: Uint8Array; limits: Limits },
): Promise<Verdict> {
  const { connection } = child;
  connection.limitFrames(Math.max(limits.outputBytes, maxErrorBytes));
  connection.send(FrameKind.call, encodeCall(order, input, limits));
  const frame = await connection.next();
  if (frame?.kind === FrameKind.result) return { kind: 'result', json: frame.payload };
  const error = frame?.kind === FrameKind.error ? readMessage(errorMessage, frame) : undefined;
  if (error) return { kind: 'error', error };
  const refused = connection.error;
  if (refused?.kind === FrameKind.result)
    return { kind: 'stopped', by: 'output', used: refused.declaredBytes };
  return { kind: 'crashed', end: await orKill(child, endGraceMs, child.ended) };
}

/** The length of the order (4 bytes, big-endian), the order as JSON, the arguments as they came. */
function encodeCall(order: CallOrder, input: Uint8Array, { timeoutMs, outputBytes }: Limits): Buffer {
  const json = Buffer.from(JSON.stringify({ ...order, timeoutSeconds: timeoutMs / 1000, outputBytes }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.byteLength);
  return Buffer.concat([length, json, input]);
}
