import { Problem } from '#lib/problems';

import type { Lease } from '../processes/lease.ts';
import type { CallOrder } from '../wire/call-order.ts';
import type { Answer, AnyCall, Grant, Output, RequestFacts } from './call.ts';
import { ItemStream } from './item-stream.ts';
import type { JournalEntry } from './journal.ts';
import type { Limits } from './limits.ts';
import { conclude, type Conclusion, endingOf } from './outcome.ts';
import { bytesOf, type CopiedFile, type Parts, PlacedFiles } from './parts.ts';
import type { ReturnedFile } from './returned-file.ts';
import { Serving, type ServingOptions, type Verdict } from './serving.ts';

/** What an admitted call holds until its process is gone. */
export interface Holdings {
  readonly slot: Disposable;
  readonly lease: Lease;
  readonly grant: Grant;
}

export interface InvocationOptions extends Pick<ServingOptions, 'instance' | 'idlePid' | 'draining'> {
  readonly call: AnyCall;
  /** The files whose keys it gives. */
  readonly stored: Parts<CopiedFile> | undefined;
  /** What the function is told of the request, where it asks for it. */
  readonly request: RequestFacts | undefined;
  readonly limits: Limits;
  readonly entry: JournalEntry;
  readonly queueMs: number;
  /** Takes the secrets out of what the function says. */
  readonly mask: (said: string) => string;
}

/** A call under way. However it ends, what it holds is given back and its journal closed when nothing of it is left. */
export class Invocation {
  readonly #options: InvocationOptions;
  readonly #holdings: Holdings;
  readonly #serving: Serving;
  readonly #startedAt = performance.now();
  readonly #placed: PlacedFiles;
  #bytesOut = 0;
  #runMs = 0;

  constructor(holdings: Holdings, options: InvocationOptions) {
    const { call, entry, stored } = options;
    this.#holdings = holdings;
    this.#options = options;
    this.#placed = new PlacedFiles(holdings.lease.child.directory);
    holdings.lease.child.output.redirect((written) => entry.output(written));
    this.#serving = new Serving(holdings.lease, {
      ...options,
      signal: call.signal,
      endpoint: call.route !== undefined,
      givenBytes: bytesOf(call.parts ?? {}) + bytesOf(stored ?? {}),
    });
    void this.#serving.ended.promise.then((verdict) => this.#finish(verdict));
  }

  /** What the function returns. @throws {Problem} why it has not. */
  async answer(): Promise<Answer> {
    await this.#start({ stream: false });
    const output = this.#settled(await this.#serving.verdict());
    if (output.file) closeAtAbort(output.file, this.#options.call.signal);
    return { ...this.#head(), ...output, runMs: this.#runMs };
  }

  /** The items of a generator, once its arguments are valid. @throws {Problem} why there are none. */
  async items(): Promise<ItemStream> {
    await this.#start({ stream: true });
    const first = await this.#serving.next();
    if (first.kind === 'end') this.#settled(first.verdict);
    return new ItemStream({
      ...this.#head(),
      next: async () => this.#item(),
      cancel: this.#serving.cancel,
    });
  }

  async #start({ stream }: Pick<CallOrder, 'stream'>): Promise<void> {
    const { call, entry, request } = this.#options;
    const { requestId, function: name, given, input } = call;
    const { environment } = this.#holdings.grant;
    const apart = { ...(await this.#place()), ...(given && { given }), ...(request && { request }) };
    const order = { invocationId: entry.id, requestId, function: name, stream, environment };
    this.#serving.start({ ...order, ...apart }, input);
  }

  async #place(): Promise<Pick<CallOrder, 'parts' | 'stored'>> {
    const { call, stored } = this.#options;
    try {
      return {
        ...(call.parts && { parts: await this.#placed.place(call.parts) }),
        ...(stored && { stored: await this.#placed.place(stored) }),
      };
    } catch (error) {
      if (error instanceof Problem) this.#serving.refuse(error);
      else if (!this.#placed.isOver) {
        this.#serving.cancel();
        throw error;
      }
      return {}; // the verdict says why: this, or the limit or the caller that has ended the call meanwhile
    }
  }

  #head() {
    const { entry, queueMs } = this.#options;
    return { invocationId: entry.id, queueMs };
  }

  async #item(): Promise<Buffer | undefined> {
    const step = await this.#serving.next();
    if (step.kind === 'end') return void this.#settled(step.verdict);
    this.#bytesOut += step.json.byteLength;
    return step.json;
  }

  /** What a call returns. @throws {Problem} or why there is none; an `AbortError` when it was canceled. */
  #settled(verdict: Verdict): Output {
    const conclusion = this.#conclude(verdict);
    if (conclusion.ok) return conclusion.output;
    throw conclusion.error;
  }

  async #finish(verdict: Verdict): Promise<void> {
    const { entry, queueMs } = this.#options;
    const { lease, slot, grant } = this.#holdings;
    this.#runMs = performance.now() - this.#startedAt;
    const conclusion = this.#conclude(verdict);
    if (!conclusion.ok) logTraceback(entry, conclusion.error);
    await this.#placed[Symbol.asyncDispose]();
    const usage = await lease.finish(verdict).finally(() => {
      this.#serving[Symbol.dispose]();
      slot[Symbol.dispose]();
      grant[Symbol.dispose]();
    });
    const ending = endingOf(conclusion);
    entry.close({
      ...ending,
      ...usage,
      bytesOut: this.#bytesOut + (conclusion.ok ? bytesOfOutput(conclusion.output) : 0),
      queueMs,
      runMs: this.#runMs,
      peakMemoryBytes: this.#serving.peakMemoryBytes,
      cutBytes: lease.child.output.lines.cutBytes,
      ...(grant.usage && { inference: grant.usage }),
    });
  }

  #conclude(verdict: Verdict): Conclusion {
    const { call, limits, mask } = this.#options;
    const { peakMemoryBytes } = this.#serving;
    const name = call.route ?? `${call.worker}.${call.function}`;
    return conclude(verdict, { name, limits, peakMemoryBytes, mask });
  }
}

/** Who has called may never come to read it. */
function closeAtAbort(file: ReturnedFile, signal: AbortSignal): void {
  signal.addEventListener('abort', () => void file[Symbol.asyncDispose](), { once: true });
}

function bytesOfOutput({ json, file, response }: Output): number {
  return (json ?? response?.body)?.byteLength ?? file?.bytes ?? 0;
}

function logTraceback(entry: JournalEntry, error: Error): void {
  if (error instanceof Problem && error.options.traceback) entry.failure(error);
}
