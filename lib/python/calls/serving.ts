import type { Problem } from '#lib/problems';

import type { InstanceMemory } from '../memory/instance-memory.ts';
import type { InstanceWatchdog } from '../memory/instance-watchdog.ts';
import { processTree } from '../memory/process-tree.ts';
import { type Breach, Watchdog } from '../memory/watchdog.ts';
import { type Child, type ChildEnd, orKill } from '../processes/child.ts';
import type { Lease } from '../processes/lease.ts';
import {
  type ChildError,
  errorMessage,
  type FileMessage,
  fileMessage,
  readAnswer,
} from '../wire/answer-messages.ts';
import { type CallOrder, encodeCall } from '../wire/call-order.ts';
import { type Frame, FrameKind } from '../wire/frames.ts';
import { readMessage } from '../wire/messages.ts';
import { isInTurn, nameOfKind, type Turn } from '../wire/turns.ts';
import type { Output } from './call.ts';
import type { Limits } from './limits.ts';
import { ReturnedFile } from './returned-file.ts';

/** How a call ended, as seen by the one who waits for it. */
export type Verdict =
  | { readonly kind: 'result'; readonly output: Output }
  | { readonly kind: 'error'; readonly error: ChildError }
  | { readonly kind: 'stopped'; readonly by: Breach['limit'] | 'timeout' | 'output'; readonly used: number }
  | { readonly kind: 'canceled' }
  /** It could not begin. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'evicted'; readonly used: number; readonly instance: InstanceMemory }
  /** It has sent what the runtime sends not, or not then. */
  | { readonly kind: 'forged'; readonly said: string }
  | { readonly kind: 'crashed'; readonly end: ChildEnd };

/** What a call whose items are wanted comes to next; the first item says no more than that there will be some. */
export type Step =
  | { readonly kind: 'item'; readonly json: Buffer }
  | { readonly kind: 'end'; readonly verdict: Verdict };

export interface ServingOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  /** Aborts when the service begins to drain: the child is told. */
  readonly draining: AbortSignal;
  readonly instance: InstanceWatchdog;
  readonly idlePid: () => number | undefined;
  /** Whether a response may come of it. */
  readonly endpoint: boolean;
  /** Of the disk, what the call's own files take that it has been given. */
  readonly givenBytes: number;
}

const maxErrorBytes = 1024 ** 2;
/** How long a process may live on after it has closed its connection. */
const endGraceMs = 1000;

/** A call that a child serves: what the child says, until it says its last or the first limit is hit. */
export class Serving implements Disposable {
  readonly #child: Child;
  readonly #options: ServingOptions;
  readonly #watchdog: Watchdog;
  readonly #deadline: NodeJS.Timeout;
  readonly #eviction: Disposable;
  #turn: Turn = 'answer';
  #verdict: Verdict | undefined;
  #waiting: ((step: Step) => void) | undefined;
  /** Resolved when the call has ended, whoever waits for what the child says. */
  readonly ended = Promise.withResolvers<Verdict>();

  constructor({ child, cpuBeforeMs }: Lease, options: ServingOptions) {
    const { limits, signal, instance, idlePid, givenBytes } = options;
    this.#child = child;
    this.#options = options;
    this.#deadline = setTimeout(
      () => this.#end({ kind: 'stopped', by: 'timeout', used: limits.timeoutMs }),
      limits.timeoutMs,
    );
    this.#watchdog = new Watchdog(child, {
      limits,
      cpuBeforeMs,
      idlePid,
      givenBytes,
      onBreach: ({ limit, used }) =>
        this.#verdict ? child.kill() : this.#end({ kind: 'stopped', by: limit, used }),
    });
    const residentBytes = () => processTree(child.pid).residentBytes;
    this.#eviction = instance.watch({
      residentBytes,
      evict: (memory) => this.#end({ kind: 'evicted', used: residentBytes(), instance: memory }),
    });
    if (signal.aborted) this.cancel();
    else signal.addEventListener('abort', this.cancel, { once: true });
  }

  get peakMemoryBytes(): number {
    return this.#watchdog.peakMemoryBytes;
  }

  /** Gives the child its call. */
  start(order: CallOrder, input: Uint8Array): void {
    if (this.#verdict) return;
    const { limits, draining } = this.#options;
    const { connection } = this.#child;
    if (order.stream) this.#turn = 'begin';
    connection.limitFrames(Math.max(limits.outputBytes, maxErrorBytes));
    connection.send(FrameKind.call, encodeCall(order, input, limits));
    if (draining.aborted) this.#tellDraining();
    else draining.addEventListener('abort', this.#tellDraining, { once: true });
  }

  /** After the order, and once for each call: a process that serves many lets it pass before the next. */
  readonly #tellDraining = (): void => this.#child.connection.send(FrameKind.draining, new Uint8Array());

  /** How it ends. */
  async verdict(): Promise<Verdict> {
    if (!this.#verdict) void this.#read();
    return this.ended.promise;
  }

  /** What comes next; not to be asked again before it has. */
  async next(): Promise<Step> {
    if (this.#verdict) return { kind: 'end', verdict: this.#verdict };
    const { promise, resolve } = Promise.withResolvers<Step>();
    this.#waiting = resolve;
    void this.#read();
    return promise;
  }

  /** The caller wants no more. */
  readonly cancel = (): void => this.#end({ kind: 'canceled' });

  /** It is not to begin, as what it needs is not there. */
  refuse(problem: Problem): void {
    this.#end({ kind: 'refused', problem });
  }

  /** To be called when the process is gone: until then, what passes a limit while it cleans up is killed. */
  [Symbol.dispose](): void {
    this.#watchdog[Symbol.dispose]();
  }

  async #read(): Promise<void> {
    const frame = await this.#child.connection.next();
    if (!frame) return this.#end(await this.#verdictWithout());
    if (!isInTurn(frame, this.#turn)) return this.#end(forged(frame, 'out of turn'));
    if (frame.kind !== FrameKind.stream && frame.kind !== FrameKind.item)
      return this.#end(await this.#last(frame));
    this.#turn = 'item';
    this.#tell({ kind: 'item', json: frame.payload });
  }

  /** What the last frame of a call says. */
  async #last(frame: Frame): Promise<Verdict> {
    if (frame.kind === FrameKind.error) {
      const error = readMessage(errorMessage, frame);
      return error ? { kind: 'error', error } : forged(frame, 'that cannot be taken');
    }
    if (frame.kind === FrameKind.file) {
      const file = readMessage(fileMessage, frame);
      return file ? this.#returned(file) : forged(frame, 'that cannot be taken');
    }
    const output = this.#outputOf(frame);
    return output ? { kind: 'result', output } : forged(frame, 'that cannot be taken');
  }

  #outputOf(frame: Frame): Output | undefined {
    if (frame.kind === FrameKind.result) return { json: frame.payload };
    const response = this.#options.endpoint ? readAnswer(frame) : undefined;
    return response && { response };
  }

  /** Without a last frame: one is larger than it may be, or the process has ended. */
  async #verdictWithout(): Promise<Verdict> {
    const refused = this.#child.connection.error;
    if (!refused) return { kind: 'crashed', end: await orKill(this.#child, endGraceMs, this.#child.ended) };
    if (resultKinds.has(refused.kind)) return { kind: 'stopped', by: 'output', used: refused.declaredBytes };
    return forged(refused, `of ${refused.declaredBytes} bytes`);
  }

  async #returned(message: FileMessage): Promise<Verdict> {
    const file = await ReturnedFile.open(message, this.#child.directory).catch(() => undefined);
    if (file) return { kind: 'result', output: { file } };
    const detail = `the returned file '${message.name}' is gone: it was removed or replaced before it could be sent`;
    return { kind: 'error', error: { code: 'worker-error', detail } };
  }

  #end(verdict: Verdict): void {
    if (this.#verdict) return discard(verdict);
    this.#verdict = verdict;
    clearTimeout(this.#deadline);
    this.#eviction[Symbol.dispose]();
    this.#options.signal.removeEventListener('abort', this.cancel);
    this.#options.draining.removeEventListener('abort', this.#tellDraining);
    this.ended.resolve(verdict);
    this.#tell({ kind: 'end', verdict });
  }

  #tell(step: Step): void {
    this.#waiting?.(step); // once it has been answered, a second answer means nothing to a promise
  }
}

const resultKinds: ReadonlySet<string> = new Set([FrameKind.result, FrameKind.answer, FrameKind.item]);

function forged({ kind }: Pick<Frame, 'kind'>, how: string): Verdict {
  return { kind: 'forged', said: `a frame '${nameOfKind(kind)}' ${how}` };
}

/** Closes the file of a result that comes too late. */
function discard(verdict: Verdict): void {
  if (verdict.kind === 'result') void verdict.output.file?.[Symbol.asyncDispose]();
}
