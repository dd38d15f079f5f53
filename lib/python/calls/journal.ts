import { randomUUID } from 'node:crypto';

import type { Log } from '#lib/log';
import type { Problem } from '#lib/problems';
import type { InvocationRecord, InvocationStore } from '#lib/records';

import type { OutputLog } from '../output/output-log.ts';
import type { OutputEntry } from '../output/output-records.ts';
import type { Call } from './call.ts';
import { bytesOf } from './parts.ts';

/** What is known of an invocation when it has ended. */
export type Ending = Pick<InvocationRecord, 'outcome'> & Partial<InvocationRecord>;

interface JournalOptions {
  readonly log: Log;
  readonly output: OutputLog;
  readonly invocations: InvocationStore;
}

/** Keeps one record and one log line of each invocation, however it ended, and logs what functions write. */
export class Journal {
  readonly #options: JournalOptions;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  open(call: Call): JournalEntry {
    return new JournalEntry(call, this.#options);
  }
}

/** The journal of one invocation. */
export class JournalEntry {
  readonly id = randomUUID();
  readonly #call: Call;
  readonly #options: JournalOptions;
  readonly #startedAt = new Date();

  constructor(call: Call, options: JournalOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** Logs what the function has written. */
  output(entry: OutputEntry): void {
    this.#options.output.write(entry, this.#about());
  }

  /** Logs where in its own code the function failed. */
  failure({ message, options: { source, traceback } }: Problem): void {
    this.#options.log.error({ message, ...this.#about(), source, traceback });
  }

  close(ending: Ending): void {
    const { invocationId, ...about } = this.#about();
    const measured = {
      queueMs: 0,
      runMs: 0,
      cpuMs: 0,
      peakMemoryBytes: 0,
      minorFaults: 0,
      bytesIn: this.#call.input.byteLength + bytesOf(this.#call.parts ?? {}),
      bytesOut: 0,
      cutBytes: 0,
      ...ending,
    };
    this.#options.invocations.add({
      id: invocationId,
      ...about,
      startedAt: this.#startedAt.toISOString(),
      ...measured,
    });
    const { queueMs, runMs } = measured;
    this.#options.log.info({
      message: 'invocation',
      invocationId,
      ...about,
      ...measured,
      queueMs: rounded(queueMs),
      runMs: rounded(runMs),
    });
  }

  #about() {
    const { requestId, worker, function: name } = this.#call;
    return { invocationId: this.id, requestId, worker, function: name };
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
