import { type ConsolaInstance, createConsola, LogLevels } from 'consola';

import { Redactor } from './redact.ts';
import { jsonReporter, plainReporter, prettyReporter } from './reporters.ts';
import { turnWriter } from './turn-writer.ts';

/**
 * A logger. An entry is a message with fields: `log.info({ message: 'request', status: 200 })`; an error is given as
 * the field `error` or as the message itself.
 */
export type Log = ConsolaInstance;

export interface LogOptions {
  readonly format: keyof typeof reporters;
  /** Where the lines go; stdout where it is not given. */
  readonly stream?: NodeJS.WritableStream;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** Values that are masked wherever they stand in a line. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Ways to write an entry. */
const reporters = { json: jsonReporter, pretty: prettyReporter, plain: plainReporter };

/** Makes the service's logger. */
export function createLog({ format, level, secrets, stream = process.stdout }: LogOptions): Log {
  const redactor = new Redactor(secrets);
  const writeLine = turnWriter((text) => stream.write(text));
  const write = (line: string) => writeLine(redactor.mask(line));
  return createConsola({
    level: LogLevels[level],
    reporters: [reporters[format](write)],
    throttle: 0,
  });
}

export { Redactor } from './redact.ts';
