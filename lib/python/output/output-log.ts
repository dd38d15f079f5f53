import type { Log, Redactor } from '#lib/log';

import type { OutputEntry } from './output-records.ts';

const maxMessageChars = 16_000;
const maxTracebackChars = 64 * 1024;

/** Writes what processes say to the log, in bounds. Secrets are masked before anything is cut. */
export class OutputLog {
  readonly #log: Log;
  readonly #redactor: Redactor;

  constructor(log: Log, redactor: Redactor) {
    this.#log = log;
    this.#redactor = redactor;
  }

  /** Logs an entry; `about` says whose it is. */
  write({ message, traceback, level, more, ...entry }: OutputEntry, about: object): void {
    this.#log[level]({
      message: this.#shown(message, maxMessageChars, more?.message) || ' ', // consola takes what has none for data
      ...about,
      ...entry,
      ...(traceback && { traceback: this.#shown(traceback, maxTracebackChars, more?.traceback) }),
    });
  }

  #shown(text: string, most: number, more: number | undefined): string {
    if (more === undefined && text.length <= most) return text; // the log masks it
    const masked = more === undefined ? this.#redactor.mask(text) : this.#redactor.maskBrokenOff(text);
    const left = Math.max(0, masked.length - most) + (more ?? 0);
    return left === 0 ? masked : `${masked.slice(0, most)}… (${left} more characters)`;
  }
}
