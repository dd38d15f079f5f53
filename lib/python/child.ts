import type { Connection } from './connection.ts';
import type { Exit } from './messages.ts';
import { OutputLines } from './output-lines.ts';

/** How a child ended; `lost` when its zygote died with it and could not tell. */
export type ChildEnd = { readonly kind: 'exited'; readonly exit: Exit } | { readonly kind: 'lost' };

/** A forked process that waits for its one call. */
export interface Child {
  readonly pid: number;
  readonly connection: Connection;
  readonly ended: Promise<ChildEnd>;
  readonly output: ChildOutput;
  /** Ends the process and all that it started. */
  kill(): void;
}

type Sink = (line: string, stream: 'stdout' | 'stderr') => void;

/** What a child writes: it goes to the call's log once the child has one. */
export class ChildOutput {
  #sink: Sink;
  readonly lines = new OutputLines((line, stream) => this.#sink(line, stream));

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  redirect(sink: Sink): void {
    this.#sink = sink;
  }
}
