import { randomUUID } from 'node:crypto';

import type { Log } from '#lib/log';
import type { Problem } from '#lib/problems';
import type { InvocationRecord, InvocationStore } from '#lib/records';

import type { Call } from './call.ts';
import { logEntry, type OutputEntry } from './output-records.ts';
import { bytesOf } from './parts.ts';

/** What is known of an invocation when it has ended. */
export type Ending = Pick<InvocationRecord, 'outcome'> & Partial<InvocationRecord>;

/** Keeps one record and one log line of each invocation, however it ended, and logs what functions write. */
export class Journal {
  readonly #log: Log;
  readonly #invocations: InvocationStore;

  constructor(log: Log, invocations: InvocationStore) {
    this.#log = log;
    this.#invocations = invocations;
  }

  open(call: Call): JournalEntry {
    return new JournalEntry(call, this.#log, this.#invocations);
  }
}

/** The journal of one invocation. */
export class JournalEntry {
  readonly id = randomUUID();
  readonly #call: Call;
  readonly #log: Log;
  readonly #invocations: InvocationStore;
  readonly #startedAt = new Date();

  constructor(call: Call, log: Log, invocations: InvocationStore) {
    this.#call = call;
    this.#log = log;
    this.#invocations = invocations;
  }

  /** Logs what the function has written. */
  output(entry: OutputEntry): void {
    logEntry(this.#log, entry, this.#about());
  }

  /** Logs where in its own code the function failed. */
  failure({ message, options: { source, traceback } }: Problem): void {
    this.#log.error({ message, ...this.#about(), source, traceback });
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
    this.#invocations.add({
      id: invocationId,
      ...about,
      startedAt: this.#startedAt.toISOString(),
      ...measured,
    });
    const { queueMs, runMs } = measured;
    this.#log.info({
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
