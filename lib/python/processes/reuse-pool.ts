import type { Verdict } from '../calls/serving.ts';
import { cpuMsOf } from '../memory/process-tree.ts';
import { FrameKind } from '../wire/frames.ts';
import type { Child } from './child.ts';
import type { Lease, Pool, Usage } from './lease.ts';
import { type Ready, readReady } from './process-messages.ts';
import { endChild } from './single-use-pool.ts';
import { Starting, type StartingOptions } from './starting.ts';
import { within } from './within.ts';

interface ReuseOptions extends StartingOptions {
  /** Calls of a process, give or take a tenth, so that those started together do not end together. */
  readonly maxRequests: number;
  /** How long a process waits for its next call before it is ended. */
  readonly idleMs: number;
  /** Called with the shared modules that a process has looked for in a call. */
  readonly onImports: (names: readonly string[]) => void;
}

/** What is known of a process that serves many calls. */
interface Member {
  readonly child: Child;
  readonly maxRequests: number;
  served: number;
  /** CPU time that it had used when its last call ended. */
  cpuMs: number;
  idle: NodeJS.Timeout | undefined;
}

/** How long a process may take after its answer until it waits for the next call: it fails its check otherwise. */
const readyTimeoutMs = 5000;

/** Children that serve many calls, one after the other: for models that must stay loaded. */
export class ReusePool implements Pool {
  readonly #options: ReuseOptions;
  readonly #starting: Starting;
  readonly #members = new Map<Child, Member>();
  /** Those whose successor is being started; they serve until it is ready. */
  readonly #retiring = new Set<Child>();

  constructor(options: ReuseOptions) {
    this.#options = options;
    this.#starting = new Starting({
      ...options,
      fork: async () => this.#join(await options.fork()),
    });
    void this.#starting.start();
  }

  get idlePids(): readonly number[] {
    return this.#starting.idlePids;
  }

  get baselinePid(): undefined {
    return undefined; // what one holds is its model's, not what they have in common
  }

  async take(graceMs: number): Promise<Lease> {
    const child = await this.#starting.take();
    const member = this.#members.get(child) ?? this.#newMember(child);
    clearTimeout(member.idle);
    return {
      child,
      cpuBeforeMs: member.cpuMs,
      finish: (verdict) => this.#finish(member, verdict, graceMs),
    };
  }

  close(): void {
    this.#starting.close();
    for (const { idle } of this.#members.values()) clearTimeout(idle);
  }

  #join(child: Child | undefined): Child | undefined {
    if (!child) return undefined;
    this.#newMember(child);
    void child.connection.closed.then(() => {
      clearTimeout(this.#members.get(child)?.idle);
      this.#members.delete(child);
      this.#retiring.delete(child);
    });
    for (const old of this.#retiring) if (this.#starting.withdraw(old)) this.#retire(old); // those that serve, later
    return child;
  }

  #newMember(child: Child): Member {
    const jitter = 0.9 + 0.2 * Math.random();
    const maxRequests = Math.max(1, Math.round(this.#options.maxRequests * jitter));
    const member: Member = { child, maxRequests, served: 0, cpuMs: 0, idle: undefined };
    this.#members.set(child, member);
    return member;
  }

  async #finish(member: Member, verdict: Verdict, graceMs: number): Promise<Usage> {
    const { promise, resolve } = Promise.withResolvers<Child | undefined>();
    void this.#starting.expect(promise);
    const { child } = member;
    const ready = mayServeOn(verdict) ? await readinessOf(child) : undefined;
    if (!ready || child.connection.hasSpoken) {
      resolve(undefined);
      return endChild(child, verdict, graceMs);
    }
    this.#options.onImports(ready.imports);
    if (ready.wrote) {
      await child.sync(); // asks the zygote, which costs more than the rest
      child.output.lines.end();
    }
    const cpuBeforeMs = member.cpuMs;
    member.cpuMs = Math.max(cpuBeforeMs, cpuMsOf(child.pid)); // 0 where it has ended since
    resolve(this.#next(member));
    return { cpuMs: member.cpuMs - cpuBeforeMs };
  }

  /** The process for the next call: one that has served enough serves on until its successor is ready. */
  #next(member: Member): Child | undefined {
    const { child } = member;
    member.served += 1;
    if (this.#retiring.has(child) && this.#members.size > this.#retiring.size) {
      this.#retire(child);
      return undefined;
    }
    if (member.served >= member.maxRequests) {
      this.#retiring.add(child);
      if (!this.#starting.busy) void this.#starting.start();
    }
    member.idle = setTimeout(() => {
      if (this.#starting.withdraw(child)) this.#retire(child);
    }, this.#options.idleMs).unref();
    return child;
  }

  #retire(child: Child): void {
    this.#retiring.delete(child);
    child.connection.close();
  }
}

/** A call that was stopped, or died, takes its process with it, and so does one that has run out of memory. */
function mayServeOn(verdict: Verdict): boolean {
  if (verdict.kind === 'error') return verdict.error.code !== 'worker-memory-exceeded';
  return verdict.kind === 'result';
}

/** What the process says when it waits for its next call; undefined when it does not in time. */
async function readinessOf({ connection }: Child): Promise<Ready | undefined> {
  const frame = await within(readyTimeoutMs, connection.next());
  return frame?.kind === FrameKind.ready ? readReady(frame) : undefined;
}
