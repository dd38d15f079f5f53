import { OutputLines } from '../output/output-lines.ts';
import type { OutputEntry } from '../output/output-records.ts';
import type { Connection } from '../wire/connection.ts';
import type { Exit } from './process-messages.ts';

/** How a process ended; `lost` when its zygote died with it and could not tell. */
export type ChildEnd = { readonly kind: 'exited'; readonly exit: Exit } | { readonly kind: 'lost' };

/** A process that a zygote has forked for a connection, and that serves it. */
export interface Child {
  readonly pid: number;
  /** Its temporary directory. */
  readonly directory: string;
  /** The shared modules that it had looked for since its fork when it was ready. */
  readonly imports: readonly string[];
  readonly connection: Connection;
  readonly ended: Promise<ChildEnd>;
  readonly output: ChildOutput;
  /** Resolved when all that the process has written so far is handed on, or it is gone. */
  sync(): Promise<void>;
  /** Asks the process to end by itself. */
  terminate(): void;
  /** Ends the process and all that it started. */
  kill(): void;
}

/** What a promise comes to, which the process's end settles as well: when it takes longer, the process is killed. */
export async function orKill<T>(child: Pick<Child, 'kill'>, ms: number, promise: Promise<T>): Promise<T> {
  const timer = setTimeout(() => child.kill(), ms);
  return promise.finally(() => clearTimeout(timer));
}

export type OutputSink = (entry: OutputEntry) => void;

/** What a process writes: it goes to the call's log once the process has one. */
export class ChildOutput {
  #sink: OutputSink;
  readonly lines = new OutputLines((entry) => this.#sink(entry));

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  redirect(sink: OutputSink): void {
    this.#sink = sink;
  }
}
